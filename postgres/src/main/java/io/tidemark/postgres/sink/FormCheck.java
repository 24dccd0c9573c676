package io.tidemark.postgres.sink;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.SinkException;
import io.tidemark.postgres.catalog.Sql;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Refuses tables that the copy cannot hold beside what is there. */
final class FormCheck {
  private final TargetSession session;
  private final PostgresSinkConfig config;

  /** Which table of the source stands for a table of the copy. */
  private final Map<TableName, TableName> places = new HashMap<>();

  FormCheck(TargetSession session, PostgresSinkConfig config) {
    this.session = session;
    this.config = config;
  }

  /**
   * Takes a table's name for it.
   *
   * @param forms what the copy has
   */
  void check(TableSchema schema, Map<String, HeldTable> forms)
      throws SQLException, SinkException.Rejected {
    TableName name = schema.name();
    HeldTable held = forms.get(name.toString());
    TableName place =
        held == null
            ? new TableName(
                config.schemas().getOrDefault(name.schema(), name.schema()), name.table())
            : new TableName(held.schema(), held.table());
    if (place.schema().equals(config.stateSchema())) {
      throw rejected(name, "schema " + place.schema() + " holds the state of the copy");
    }
    if (schema.columns().isEmpty()) {
      throw rejected(name, "it has no column");
    }
    if (schema.partitioned() && schema.column(TargetForm.LEAF).isPresent()) {
      throw rejected(name, "the name of its column " + TargetForm.LEAF + " is reserved");
    }
    forms.forEach(
        (owner, other) -> {
          if (!Journal.isOne(owner)) {
            places.putIfAbsent(
                new TableName(other.schema(), other.table()), TableName.parse(owner));
          }
        });
    TableName other = places.getOrDefault(place, name);
    if (!other.equals(name)) {
      throw rejected(name, "table " + place + " is the copy of " + other);
    }
    if (held == null) {
      requireFree(name, place);
    } else {
      requireNewNames(schema, held);
    }
    // last, because a table that is refused keeps no place from another
    places.put(place, name);
  }

  /** A table that somebody else has made is not ours to write to; the source's least of all. */
  private void requireFree(TableName name, TableName place)
      throws SQLException, SinkException.Rejected {
    boolean taken =
        session.ask(
            "SELECT pg_catalog.to_regclass(" + Sql.text(Sql.name(place)) + ") IS NOT NULL",
            row -> row.getBoolean(1));
    if (taken) {
      throw rejected(
          name, "there is a table or view " + place + " already, which is not of this copy");
    }
  }

  /** A column that the user has added may have the name of one that the source has added. */
  private void requireNewNames(TableSchema schema, HeldTable held)
      throws SQLException, SinkException.Rejected {
    Set<String> foreign =
        new TreeSet<>(
            session.query(
                "SELECT attname FROM pg_catalog.pg_attribute WHERE attnum > 0 AND NOT attisdropped"
                    + " AND attrelid = pg_catalog.to_regclass("
                    + Sql.text(held.sql())
                    + ")",
                row -> row.getString(1)));
    held.form().columns().forEach(part -> foreign.remove(part.name()));
    schema.columns().stream()
        .filter(column -> held.parts().containsKey(WantedParts.GENERATED + column.attnum()))
        .forEach(column -> foreign.remove(column.name()));
    if (held.form().partitioned()) {
      foreign.remove(TargetForm.LEAF);
    }
    for (Column column : schema.columns()) {
      if (foreign.contains(column.name())) {
        throw rejected(
            schema.name(),
            "the source has a column "
                + column.name()
                + " now, and the copy has one of that name which is not of the source");
      }
    }
  }

  private SinkException.Rejected rejected(TableName table, String reason) {
    return new SinkException.Rejected(
        table,
        "Cannot hold table "
            + table
            + " at "
            + config.endpoint()
            + ": "
            + reason
            + ". Rename one of them, or give 'schemas' another schema.",
        null);
  }
}
