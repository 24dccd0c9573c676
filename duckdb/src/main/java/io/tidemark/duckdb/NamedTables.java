package io.tidemark.duckdb;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The tables that a statement reads, as DuckDB's own parser finds them; where that parser only
 * takes a SELECT, every word of the statement may be one.
 */
final class NamedTables {
  private static final String TEXT = "\"((?:[^\"\\\\]|\\\\.)*)\"";
  private static final Pattern TABLE =
      Pattern.compile("\"schema_name\":" + TEXT + ",\"table_name\":" + TEXT);

  private record Name(String schema, String table) {}

  private final SqlStatement statement;
  private final Optional<List<Name>> names;

  private NamedTables(SqlStatement statement, Optional<List<Name>> names) {
    this.statement = statement;
    this.names = names;
  }

  static NamedTables in(SqlStatement statement, Connection connection) throws SQLException {
    try (PreparedStatement parse =
        connection.prepareStatement("SELECT CAST(json_serialize_sql(?) AS VARCHAR)")) {
      parse.setString(1, statement.text());
      try (ResultSet tree = parse.executeQuery()) {
        tree.next();
        String text = tree.getString(1);
        return new NamedTables(
            statement,
            text.startsWith("{\"error\":true") ? Optional.empty() : Optional.of(names(text)));
      }
    }
  }

  private static List<Name> names(String tree) {
    List<Name> names = new ArrayList<>();
    Matcher table = TABLE.matcher(tree);
    while (table.find()) {
      names.add(new Name(unescaped(table.group(1)), unescaped(table.group(2))));
    }
    return names;
  }

  private static String unescaped(String text) {
    return text.replaceAll("\\\\(.)", "$1");
  }

  /** Whether the statement reads one of the views, or may. */
  boolean mayName(ViewNames views) {
    return names
        .map(all -> all.stream().anyMatch(name -> views.is(name.schema(), name.table())))
        .orElseGet(() -> views.in(statement.words()));
  }
}
