package io.tidemark.postgres.sink;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.postgres.catalog.Sql;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Remembers, in the copy, which form each of its tables has: which column is which attribute of the
 * source's table, whatever the names are by now.
 */
final class FormStore {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final TargetSession session;
  private final String table;
  private final String pipeline;

  FormStore(TargetSession session, PostgresSinkConfig config) {
    this.session = session;
    this.table = StateTables.own(config, "forms");
    this.pipeline = Sql.text(config.pipeline());
  }

  void create() throws SQLException {
    session.execute(
        "CREATE TABLE IF NOT EXISTS "
            + table
            + " (pipeline text, owner text, form text NOT NULL, PRIMARY KEY (pipeline, owner))");
  }

  /** All of them, by owner. */
  Map<String, HeldTable> load() throws SQLException {
    Map<String, HeldTable> forms = new LinkedHashMap<>();
    session.query(
        "SELECT owner, form FROM " + table + " WHERE pipeline = " + pipeline + " ORDER BY owner",
        row -> forms.put(row.getString(1), TableParts.forgetRefused(read(row.getString(2)))));
    return forms;
  }

  private static HeldTable read(String json) {
    try {
      return JSON.readValue(json, HeldTable.class);
    } catch (JsonProcessingException e) {
      throw new TidemarkException(
          ErrorCode.DESTINATION_CHANGED,
          "Cannot read the form of a table of the copy: it is not of the form that was written."
              + " Restore the state schema, or make a new copy.",
          e);
    }
  }

  void save(String owner, HeldTable held) throws SQLException {
    String json;
    try {
      json = JSON.writeValueAsString(held);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write the form of a table as JSON.", e);
    }
    session.execute(
        "INSERT INTO "
            + table
            + " VALUES ("
            + pipeline
            + ", "
            + Sql.text(owner)
            + ", "
            + Sql.text(json)
            + ") ON CONFLICT (pipeline, owner) DO UPDATE SET form = excluded.form");
  }

  void remove(String owner) throws SQLException {
    session.execute(
        "DELETE FROM "
            + table
            + " WHERE pipeline = "
            + pipeline
            + " AND owner = "
            + Sql.text(owner));
  }
}
