package io.tidemark.duckdb.sink;

import io.tidemark.duckdb.SqlText;
import io.tidemark.duckdb.sink.TargetForm.Part;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Remembers, in the file, which form each of its tables has: which column is which attribute of the
 * source's table, whatever the names are by now.
 */
final class FormStore {
  private final CopyFile file;

  FormStore(CopyFile file) {
    this.file = file;
  }

  void create() throws SQLException {
    file.execute(
        "CREATE TABLE IF NOT EXISTS "
            + file.own("forms")
            + " (owner VARCHAR, version INTEGER, insert_only BOOLEAN, partitioned BOOLEAN)");
    file.execute(
        "CREATE TABLE IF NOT EXISTS "
            + file.own("columns")
            + " (owner VARCHAR, attnum INTEGER, name VARCHAR, type VARCHAR, backfill VARCHAR, raw"
            + " BOOLEAN, key_place INTEGER)");
  }

  /** All forms, by owner. */
  Map<String, TargetForm> load() throws SQLException {
    Map<String, List<Part>> parts = new LinkedHashMap<>();
    Map<String, List<Integer>> keys = new LinkedHashMap<>();
    file.query(
        "SELECT owner, attnum, name, type, backfill, raw FROM "
            + file.own("columns")
            + " ORDER BY owner, attnum",
        row ->
            parts
                .computeIfAbsent(row.getString(1), owner -> new ArrayList<>())
                .add(
                    new Part(
                        row.getInt(2),
                        row.getString(3),
                        row.getString(4),
                        row.getString(5),
                        row.getBoolean(6))));
    file.query(
        "SELECT owner, attnum FROM "
            + file.own("columns")
            + " WHERE key_place IS NOT NULL ORDER BY owner, key_place",
        row ->
            keys.computeIfAbsent(row.getString(1), owner -> new ArrayList<>()).add(row.getInt(2)));
    Map<String, TargetForm> forms = new LinkedHashMap<>();
    file.query(
        "SELECT owner, version, insert_only, partitioned FROM " + file.own("forms"),
        row ->
            forms.put(
                row.getString(1),
                new TargetForm(
                    row.getInt(2),
                    parts.getOrDefault(row.getString(1), List.of()),
                    keys.getOrDefault(row.getString(1), List.of()),
                    row.getBoolean(3),
                    row.getBoolean(4))));
    return forms;
  }

  void save(String owner, TargetForm form) throws SQLException {
    remove(owner);
    file.execute(
        "INSERT INTO "
            + file.own("forms")
            + " VALUES ("
            + SqlText.value(owner)
            + ", "
            + form.version()
            + ", "
            + form.insertOnly()
            + ", "
            + form.partitioned()
            + ")");
    List<String> rows = new ArrayList<>();
    for (Part part : form.columns()) {
      int place = form.key().indexOf(part.attnum());
      rows.add(
          "("
              + String.join(
                  ", ",
                  SqlText.value(owner),
                  Integer.toString(part.attnum()),
                  SqlText.value(part.name()),
                  SqlText.value(part.type()),
                  SqlText.value(part.backfill()),
                  Boolean.toString(part.raw()),
                  place < 0 ? "NULL" : Integer.toString(place))
              + ")");
    }
    file.execute("INSERT INTO " + file.own("columns") + " VALUES " + String.join(", ", rows));
  }

  void remove(String owner) throws SQLException {
    for (String table : List.of("forms", "columns")) {
      file.execute("DELETE FROM " + file.own(table) + " WHERE owner = " + SqlText.value(owner));
    }
  }
}
