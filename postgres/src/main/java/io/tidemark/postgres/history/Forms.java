package io.tidemark.postgres.history;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.TableSchema;
import io.tidemark.postgres.catalog.CatalogColumn;
import io.tidemark.postgres.catalog.CatalogTable;
import io.tidemark.postgres.slot.Publication.Published;
import java.util.List;

/** Makes a table's form from what the catalog and its publication say. */
public final class Forms {
  private final TypeBook types;

  public Forms(TypeBook types) {
    this.types = types;
  }

  /**
   * The form of a table: the columns that are published, and its key where all of it is.
   *
   * @param version its number
   */
  public TableSchema of(CatalogTable table, Published published, int version) {
    List<Column> columns =
        table.columns().stream()
            .filter(column -> isPublished(column, published))
            .map(types::column)
            .toList();
    boolean keyed =
        table.key().stream()
            .allMatch(attnum -> columns.stream().anyMatch(column -> column.attnum() == attnum));
    return new TableSchema(
        table.name(),
        table.oid(),
        version,
        columns,
        keyed ? table.key() : List.of(),
        table.identity(),
        table.partitioned());
  }

  /** Whether the stream carries a column; the copy must then carry it too, and else not. */
  public static boolean isPublished(CatalogColumn column, Published published) {
    if (!published.columns().isEmpty()) {
      return published.columns().contains(column.attnum());
    }
    return !column.isGenerated() || (column.generated().equals("s") && published.generated());
  }

  /** Whether two forms differ in nothing but their number. */
  public static boolean same(TableSchema a, TableSchema b) {
    return a.relationOid() == b.relationOid()
        && a.name().equals(b.name())
        && sameColumns(a, b)
        && a.key().equals(b.key())
        && a.identity() == b.identity()
        && a.partitioned() == b.partitioned();
  }

  /** Whether two forms of a table have the same columns, whatever those are called. */
  public static boolean sameNumbers(TableSchema a, TableSchema b) {
    return a.columns().stream()
        .map(Column::attnum)
        .toList()
        .equals(b.columns().stream().map(Column::attnum).toList());
  }

  /** A column keeps the value it gives to older rows, also after the catalog forgot it. */
  private static boolean sameColumns(TableSchema a, TableSchema b) {
    if (a.columns().size() != b.columns().size()) {
      return false;
    }
    for (int i = 0; i < a.columns().size(); i++) {
      if (!plain(a.columns().get(i)).equals(plain(b.columns().get(i)))) {
        return false;
      }
    }
    return true;
  }

  private static Column plain(Column column) {
    return new Column(
        column.attnum(),
        column.name(),
        column.type(),
        column.pgType(),
        column.typeOid(),
        column.typmod(),
        column.notNull(),
        column.generated(),
        java.util.Optional.empty());
  }
}
