package io.tidemark.postgres.history;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.postgres.catalog.CatalogColumn;
import io.tidemark.postgres.type.Codecs;
import io.tidemark.postgres.type.ColumnCodec;
import io.tidemark.postgres.type.MisfitPolicy;
import io.tidemark.postgres.type.PgTypes;
import io.tidemark.postgres.type.TypeMapping;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

/**
 * All types that the captured tables have or had: kept with the copy, since a type that was dropped
 * in the meantime cannot be asked for. Any number of threads may use it.
 */
public final class TypeBook {
  private final MisfitPolicy policy;
  private final Codecs.Texts texts;
  private volatile PgTypes types;

  /** Of a database that checks its texts. */
  public TypeBook(PgTypes types, MisfitPolicy policy) {
    this(types, policy, Codecs.Texts.TRUSTED);
  }

  /**
   * @param types those that are known already
   * @param policy what becomes of values that do not fit
   * @param texts whether the database checks its texts
   */
  public TypeBook(PgTypes types, MisfitPolicy policy, Codecs.Texts texts) {
    this.types = types;
    this.policy = policy;
    this.texts = texts;
  }

  /** The types as they are known now. */
  public PgTypes types() {
    return types;
  }

  /**
   * Reads what the catalog says of types; a known one that was altered is taken as it is now.
   *
   * @return whether anything became known or changed
   */
  public synchronized boolean read(Connection connection, Collection<Integer> oids)
      throws SQLException {
    PgTypes fresh = PgTypes.load(connection, oids);
    PgTypes all = types.with(fresh.own());
    boolean changed = !all.own().equals(types.own());
    types = all;
    return changed;
  }

  /** A column of the catalog as a column of a table's form. */
  public Column column(CatalogColumn column) {
    DataType type = new TypeMapping(types).dataType(column.typeOid(), column.typmod(), policy);
    return new Column(
        column.attnum(),
        column.name(),
        type,
        column.typeName(),
        column.typeOid(),
        column.typmod(),
        column.notNull(),
        column.isGenerated(),
        column.missing());
  }

  /** What reads values of a column. */
  public ColumnCodec codec(Column column) {
    return new Codecs(types, texts).codec(column.typeOid(), column.type(), policy);
  }

  /** What COPY selects for a column. */
  public String copyExpression(Column column, String quotedName) {
    return types.copyExpression(column.typeOid(), quotedName);
  }

  /** Whether COPY sends a column in binary. */
  public boolean copiesInBinary(Column column) {
    return types.copiesInBinary(column.typeOid());
  }

  /** Whether a binary stream can carry all of these columns. */
  public boolean streamsInBinary(Stream<Column> columns) {
    List<Column> all = columns.toList();
    return all.stream().allMatch(column -> types.streamsInBinary(column.typeOid()));
  }
}
