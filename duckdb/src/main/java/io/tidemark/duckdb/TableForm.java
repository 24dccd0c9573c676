package io.tidemark.duckdb;

import io.tidemark.api.copy.CopiedTable;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * All that the SQL over a table needs to know: its columns in their newest form, the groups of
 * files that hold its changes, and the keys by which its rows were told apart over time.
 *
 * @param newest the newest version
 * @param member whether the table equals the source at the tidemark
 * @param columns columns of the newest version in its order, then those that are gone but were part
 *     of a key
 * @param groups the files
 * @param eras runs of versions with the same key, oldest first; without those that had none
 */
record TableForm(
    TableSchema newest,
    boolean member,
    List<FormColumn> columns,
    List<FileGroup> groups,
    List<KeyEra> eras) {

  /**
   * A column of the views.
   *
   * @param column its newest form
   * @param name in the views: its own, with the attribute number behind it where DuckDB, for which
   *     case makes no difference, could not tell it from another
   * @param raw whether any file has values of it as raw text
   * @param gone whether the newest version lacks it
   * @param backfill PostgreSQL's text of the value that rows older than the column have
   */
  record FormColumn(
      Column column, String name, boolean raw, boolean gone, Optional<String> backfill) {
    int attnum() {
      return column.attnum();
    }

    DataType type() {
      return column.type();
    }

    /** Whether the backfill is one of the values that the type cannot hold. */
    boolean rawBackfill() {
      return backfill.isPresent() && !PgLiteral.fits(column.type(), backfill.get());
    }
  }

  /**
   * Versions under which rows were told apart by the same columns.
   *
   * @param key attribute numbers
   * @param versions numbers of the versions
   */
  record KeyEra(List<Integer> key, Set<Integer> versions) {}

  /** Looks at a table and at one file of each group. */
  static TableForm of(CopiedTable table, Connection connection) throws SQLException {
    return of(table.versions(), table.state().isMember(), FileGroup.of(table, connection));
  }

  /**
   * A table of which all is known.
   *
   * @param all every version, newest last
   */
  static TableForm of(List<TableSchema> all, boolean member, List<FileGroup> groups) {
    TableSchema newest = all.get(all.size() - 1);
    // A table dropped and made again begins with a TRUNCATE, so nothing of the earlier one counts;
    // its history stays readable.
    List<TableSchema> versions =
        all.stream().filter(version -> version.relationOid() == newest.relationOid()).toList();
    List<KeyEra> eras = eras(versions);
    return new TableForm(newest, member, columns(newest, versions, groups, eras), groups, eras);
  }

  /**
   * A table whose current rows are held as such.
   *
   * @param raw attribute numbers of the columns that have one for raw texts beside them
   */
  static TableForm current(TableSchema schema, boolean member, Set<Integer> raw) {
    List<FormColumn> columns =
        schema.columns().stream()
            .map(
                column ->
                    new FormColumn(
                        column,
                        column.name(),
                        raw.contains(column.attnum()),
                        false,
                        column.backfill()))
            .toList();
    return new TableForm(schema, member, columns, List.of(), List.of());
  }

  private static List<KeyEra> eras(List<TableSchema> versions) {
    Map<List<Integer>, Set<Integer>> byKey = new LinkedHashMap<>();
    for (TableSchema version : versions) {
      if (version.hasKey()) {
        byKey.computeIfAbsent(version.key(), key -> new LinkedHashSet<>()).add(version.version());
      }
    }
    return byKey.entrySet().stream().map(e -> new KeyEra(e.getKey(), e.getValue())).toList();
  }

  private static List<FormColumn> columns(
      TableSchema newest, List<TableSchema> versions, List<FileGroup> groups, List<KeyEra> eras) {
    Map<Integer, Column> latest = new LinkedHashMap<>();
    newest.columns().forEach(column -> latest.put(column.attnum(), column));
    for (KeyEra era : eras) {
      for (int attnum : era.key()) {
        latest.computeIfAbsent(attnum, a -> lastForm(versions, a));
      }
    }
    UniqueNames names = new UniqueNames();
    List<FormColumn> columns = new ArrayList<>();
    for (Column column : latest.values()) {
      Optional<String> backfill =
          versions.stream()
              .flatMap(version -> version.columns().stream())
              .filter(c -> c.attnum() == column.attnum() && c.backfill().isPresent())
              .findFirst()
              .flatMap(Column::backfill);
      boolean gone = newest.indexOf(column.attnum()) < 0;
      FormColumn plain =
          new FormColumn(column, names.take(column.name(), column.attnum()), false, gone, backfill);
      boolean raw =
          plain.rawBackfill() || groups.stream().anyMatch(group -> hasRaw(newest, group, column));
      columns.add(new FormColumn(column, plain.name(), raw, gone, backfill));
    }
    return columns;
  }

  private static Column lastForm(List<TableSchema> versions, int attnum) {
    return versions.stream()
        .filter(version -> version.indexOf(attnum) >= 0)
        .reduce((earlier, later) -> later)
        .map(version -> version.columns().get(version.indexOf(attnum)))
        .orElseThrow();
  }

  private static boolean hasRaw(TableSchema newest, FileGroup group, Column column) {
    int index = source(newest, group.version(), column);
    if (index < 0) {
      return false;
    }
    String raw = group.version().columns().get(index).name() + "__raw";
    return group.extra(raw).isPresent() || group.old(raw).isPresent();
  }

  /**
   * Where a column of the newest version stands in an older one, -1 where it does not: by attribute
   * number, for an earlier table of the same name by name.
   */
  static int source(TableSchema newest, TableSchema version, Column column) {
    if (version.relationOid() == newest.relationOid()) {
      return version.indexOf(column.attnum());
    }
    return version.column(column.name()).map(c -> version.indexOf(c.attnum())).orElse(-1);
  }

  TableName table() {
    return newest.name();
  }

  /** The columns that users see. */
  List<FormColumn> shown() {
    return columns.stream().filter(column -> !column.gone()).toList();
  }

  FormColumn column(int attnum) {
    return columns.stream().filter(column -> column.attnum() == attnum).findFirst().orElseThrow();
  }

  /** The same table with only the files that can hold rows of today. */
  TableForm today() {
    return new TableForm(
        newest,
        member,
        columns,
        groups.stream()
            .filter(group -> group.version().relationOid() == newest.relationOid())
            .toList(),
        eras);
  }

  boolean hasOld() {
    return groups.stream().anyMatch(group -> group.extra("_old").isPresent());
  }

  boolean hasLeaves() {
    return groups.stream().anyMatch(group -> group.extra("_partition").isPresent());
  }

  boolean hasUnchanged() {
    return groups.stream().anyMatch(FileGroup::unchanged);
  }
}
