package io.tidemark.postgres.history;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import io.tidemark.postgres.stream.Relation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the form that a RELATION message stands for. The message has names and type ids in the
 * order of the attribute numbers, not the numbers; the catalog has them, but may be ahead of the
 * stream.
 */
public final class Alignment {
  /** What a RELATION message means. */
  public sealed interface Outcome permits Known, Changed, Ambiguous {}

  /** A form that is known already. */
  public record Known(TableSchema schema) implements Outcome {}

  /** A new form; its number is one above the newest. */
  public record Changed(TableSchema schema) implements Outcome {}

  /** It cannot be told which column is which. */
  public record Ambiguous(String reason) implements Outcome {}

  private Alignment() {}

  /**
   * The known form that a relation has, if it has one.
   *
   * @param candidates newest first
   * @param leaf whether the relation is a partition, whose columns may stand in another order
   */
  public static Optional<TableSchema> known(
      Relation relation, List<TableSchema> candidates, boolean leaf) {
    return candidates.stream().filter(schema -> fits(relation, schema, leaf)).findFirst();
  }

  private static boolean fits(Relation relation, TableSchema schema, boolean leaf) {
    if (relation.columns().size() != schema.columns().size()) {
      return false;
    }
    for (int i = 0; i < relation.columns().size(); i++) {
      Relation.Column wire = relation.columns().get(i);
      Optional<Column> column =
          leaf ? schema.column(wire.name()) : Optional.of(schema.columns().get(i));
      if (column.isEmpty() || !same(wire, column.get())) {
        return false;
      }
    }
    return leaf || keyFits(relation, schema);
  }

  /**
   * Under REPLICA IDENTITY FULL every column is flagged, without a usable identity none is: then
   * the flags say nothing of the key.
   */
  private static boolean keyFits(Relation relation, TableSchema schema) {
    ReplicaIdentity identity = identity(relation);
    if (identity != schema.identity()) {
      return false;
    }
    if (identity == ReplicaIdentity.FULL || identity == ReplicaIdentity.NOTHING) {
      return true;
    }
    Set<String> flagged = new LinkedHashSet<>();
    relation.columns().stream()
        .filter(Relation.Column::key)
        .forEach(column -> flagged.add(column.name()));
    // a deferrable key, or an identity index that was dropped, identifies nothing in the log
    return flagged.isEmpty()
        || flagged.equals(
            new LinkedHashSet<>(schema.keyColumns().stream().map(Column::name).toList()));
  }

  private static boolean same(Relation.Column wire, Column column) {
    return wire.name().equals(column.name())
        && wire.typeOid() == column.typeOid()
        && wire.typmod() == column.typmod();
  }

  /**
   * The form of a relation that has none of the known ones.
   *
   * @param newest the last form that is known
   * @param present the form that the catalog has now; empty where the table is gone
   * @param attributes the highest attribute number that had been given out when the newest form was
   *     taken; 0 for unknown
   */
  public static Outcome find(
      Relation relation,
      TableSchema newest,
      Optional<TableSchema> present,
      int attributes,
      boolean leaf) {
    Numbers numbers = new Numbers(newest, present, attributes);
    if (present.isPresent() && fits(relation, present.get(), leaf)) {
      List<Column> columns =
          leaf
              ? relation.columns().stream()
                  .map(wire -> present.get().column(wire.name()).orElseThrow())
                  .toList()
              : present.get().columns();
      Optional<String> doubt = numbers.doubt(relation.columns(), columns, leaf);
      if (doubt.isPresent()) {
        return new Ambiguous(doubt.get());
      }
      return new Changed(numbered(keepBackfill(present.get(), newest), newest.version() + 1));
    }
    if (leaf) {
      return new Ambiguous("a partition has columns that neither history nor catalog show");
    }
    return byPosition(relation, newest, present, numbers);
  }

  /**
   * Why rows that look like those of an older form need not be of it: a transaction has dropped a
   * column, and may have added one of the same name since.
   *
   * @param older the form that the rows seem to have
   * @param newest the form that the same transaction has shown after it
   * @param present the form that the catalog has now; empty where the table is gone
   */
  public static Optional<String> doubt(
      TableSchema older, TableSchema newest, Optional<TableSchema> present) {
    return older.columns().stream()
        .filter(column -> newest.indexOf(column.attnum()) < 0)
        .filter(gone -> present.stream().anyMatch(form -> hasAnother(form, gone, older, newest)))
        .findFirst()
        .map(
            gone ->
                "column '"
                    + gone.name()
                    + "' was dropped, and one that is new now may have had its name in the same"
                    + " transaction");
  }

  private static boolean hasAnother(
      TableSchema form, Column gone, TableSchema older, TableSchema newest) {
    return form.columns().stream()
        .filter(now -> older.indexOf(now.attnum()) < 0 && newest.indexOf(now.attnum()) < 0)
        .anyMatch(now -> now.typeOid() == gone.typeOid() && now.typmod() == gone.typmod());
  }

  /**
   * The catalog is ahead of the stream. Attribute numbers only grow, so a known column that is
   * there stands in the old order, and what is new stands behind all that is known.
   */
  private static Outcome byPosition(
      Relation relation, TableSchema newest, Optional<TableSchema> present, Numbers numbers) {
    Map<String, Column> known = new HashMap<>();
    newest.columns().forEach(column -> known.put(column.name(), column));
    List<Column> columns = new ArrayList<>();
    int last = 0;
    int above = newest.columns().isEmpty() ? 0 : lastNumber(newest);
    for (Relation.Column wire : relation.columns()) {
      Column before = known.get(wire.name());
      Optional<Column> column =
          before != null && same(wire, before)
              ? Optional.of(before)
              : present.flatMap(form -> form.column(wire.name())).filter(now -> same(wire, now));
      if (column.isEmpty() || column.get().attnum() <= last) {
        return new Ambiguous(
            "column '"
                + wire.name()
                + "' is new, renamed or of another type, and the catalog has"
                + " changed again since");
      }
      if (before == null && column.get().attnum() <= above && known(newest, column.get()) == null) {
        return new Ambiguous("column '" + wire.name() + "' has a number that was never seen");
      }
      last = column.get().attnum();
      columns.add(column.get());
    }
    Optional<String> doubt = numbers.doubt(relation.columns(), columns, false);
    if (doubt.isPresent()) {
      return new Ambiguous(doubt.get());
    }
    return new Changed(
        new TableSchema(
            newest.name(),
            newest.relationOid(),
            newest.version() + 1,
            columns,
            key(relation, newest, columns),
            identity(relation),
            newest.partitioned()));
  }

  private static Column known(TableSchema schema, Column column) {
    int index = schema.indexOf(column.attnum());
    return index < 0 ? null : schema.columns().get(index);
  }

  private static int lastNumber(TableSchema schema) {
    return schema.columns().get(schema.columns().size() - 1).attnum();
  }

  private static List<Integer> key(Relation relation, TableSchema newest, List<Column> columns) {
    ReplicaIdentity identity = identity(relation);
    Set<Integer> there = new LinkedHashSet<>(columns.stream().map(Column::attnum).toList());
    boolean flags = relation.columns().stream().anyMatch(Relation.Column::key);
    if (identity == ReplicaIdentity.FULL || !flags) {
      return there.containsAll(newest.key()) ? newest.key() : List.of();
    }
    List<Integer> flagged = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      if (relation.columns().get(i).key()) {
        flagged.add(columns.get(i).attnum());
      }
    }
    boolean same = flagged.size() == newest.key().size() && flagged.containsAll(newest.key());
    return same ? newest.key() : flagged;
  }

  private static ReplicaIdentity identity(Relation relation) {
    return switch (relation.identity()) {
      case 'i' -> ReplicaIdentity.INDEX;
      case 'f' -> ReplicaIdentity.FULL;
      case 'n' -> ReplicaIdentity.NOTHING;
      default -> ReplicaIdentity.DEFAULT;
    };
  }

  /** The same form under another number. */
  public static TableSchema numbered(TableSchema schema, int version) {
    return new TableSchema(
        schema.name(),
        schema.relationOid(),
        version,
        schema.columns(),
        schema.key(),
        schema.identity(),
        schema.partitioned());
  }

  /**
   * The form as a later one of the same copy: under the name that the copy has, which the catalog
   * may have changed already, and with the values of older rows, which the catalog forgets with the
   * next rewrite.
   */
  public static TableSchema keepBackfill(TableSchema next, TableSchema before) {
    List<Column> columns =
        next.columns().stream()
            .map(
                column -> {
                  Column old = known(before, column);
                  if (column.backfill().isPresent() || old == null || old.backfill().isEmpty()) {
                    return column;
                  }
                  return new Column(
                      column.attnum(),
                      column.name(),
                      column.type(),
                      column.pgType(),
                      column.typeOid(),
                      column.typmod(),
                      column.notNull(),
                      column.generated(),
                      old.backfill());
                })
            .toList();
    return new TableSchema(
        before.name(),
        next.relationOid(),
        next.version(),
        columns,
        next.key(),
        next.identity(),
        next.partitioned());
  }
}
