package io.tidemark.postgres;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.TableSchema;
import io.tidemark.postgres.catalog.CatalogReader;
import io.tidemark.postgres.catalog.CatalogTable;
import io.tidemark.postgres.catalog.RelationSizes;
import io.tidemark.postgres.catalog.Sql;
import io.tidemark.postgres.history.TypeBook;
import io.tidemark.postgres.snapshot.CopyPlan;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Says how the rows of a table's relations are read: the same rows and columns as in the stream.
 */
final class CopyPlans {
  private final PostgresConfig config;
  private final TypeBook types;

  CopyPlans(PostgresConfig config, TypeBook types) {
    this.config = config;
    this.types = types;
  }

  /**
   * A relation that holds rows.
   *
   * @param print as {@link CopyPlan#print}
   * @param pages its size
   */
  record Relation(CatalogTable table, String print, long pages) {}

  /** A relation as a snapshot shows it. */
  static Relation under(Connection snapshot, CatalogTable leaf) throws SQLException {
    String print = CatalogReader.print(snapshot, leaf.oid()).orElse("(dropped)");
    Map<Integer, Long> pages = RelationSizes.pages(snapshot, List.of(leaf.oid()));
    return new Relation(leaf, print, pages.getOrDefault(leaf.oid(), 0L));
  }

  /** How a relation of a table is read. */
  CopyPlan of(TableSchema schema, CatalogTable root, Relation relation, TrackedTable table) {
    return new CopyPlan(
        relation.table().oid(),
        relation.table().name(),
        relation.table().oid() == root.oid() || table.published.viaRoot()
            ? Optional.empty()
            : Optional.of(
                table.leafName(relation.table().oid(), relation.table().name()).toString()),
        schema,
        schema.columns().stream().map(this::selected).toList(),
        table.published.rowFilter(),
        Optional.ofNullable(config.snapshot().rowFilters().get(table.name.toString())),
        relation.print(),
        relation.pages());
  }

  private CopyPlan.SelectedColumn selected(Column column) {
    return new CopyPlan.SelectedColumn(
        types.copyExpression(column, Sql.name(column.name())),
        types.copiesInBinary(column),
        types.codec(column));
  }
}
