package io.tidemark.postgres;

import io.tidemark.api.model.TableName;
import io.tidemark.postgres.type.PinnedSettings;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** What a table of the source holds, as the server's own texts. */
final class SourceRows {
  private SourceRows() {}

  /**
   * Each row as one text, sorted; a null is told from every value.
   *
   * @param columns as SQL
   */
  static List<String> read(String url, TableName table, String columns) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection(url + "&preferQueryMode=simple");
        Statement statement = connection.createStatement()) {
      for (String sql : PinnedSettings.statements()) {
        statement.execute(sql);
      }
      try (ResultSet row =
          statement.executeQuery(
              "SELECT " + columns + " FROM \"" + table.schema() + "\".\"" + table.table() + "\"")) {
        int count = row.getMetaData().getColumnCount();
        while (row.next()) {
          List<String> texts = new ArrayList<>();
          for (int i = 1; i <= count; i++) {
            texts.add(row.getString(i) == null ? "∅" : row.getString(i));
          }
          rows.add(texts.toString());
        }
      }
    }
    return rows.stream().sorted().toList();
  }
}
