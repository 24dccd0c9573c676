package io.tidemark.snowflake;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A session of the stand-in. */
final class StandInSession implements Session {
  private static final Pattern COPY =
      Pattern.compile(
          "COPY INTO (.+?) \\((.+?)\\) FROM \\(SELECT (.+) FROM (@\\S+)/\\) FILES = \\((.+)\\)"
              + " FILE_FORMAT = \\(TYPE = PARQUET .*\\) ON_ERROR = ABORT_STATEMENT FORCE = TRUE");
  private static final Pattern DDL = Pattern.compile("(CREATE|ALTER|DROP|TRUNCATE|COMMENT)\\b.*");

  private final StandIn account;
  private final Life life;
  private final Connection connection;
  private final JdbcSession session;
  private boolean inTransaction;

  StandInSession(StandIn account, Life life, Connection connection) {
    this.account = account;
    this.life = life;
    this.connection = connection;
    this.session = new JdbcSession(connection);
  }

  @Override
  public long execute(String sql, List<String> values) throws SQLException {
    return live(sql, () -> executed(sql, values));
  }

  private long executed(String sql, List<String> values) throws SQLException {
    if (DDL.matcher(sql).matches() && inTransaction) {
      throw new AssertionError("This would commit: " + sql);
    }
    boolean elsewhere = sql.startsWith("CREATE STAGE ") || sql.startsWith("ALTER WAREHOUSE ");
    long changed = elsewhere ? 0 : session.execute(translated(sql), values);
    switch (sql) {
      case "BEGIN" -> inTransaction = true;
      case "COMMIT", "ROLLBACK" -> inTransaction = false;
      default -> {}
    }
    return changed;
  }

  @Override
  public <T> List<T> query(String sql, Row<T> row) throws SQLException {
    return live(sql, () -> session.query(answering(sql), row));
  }

  /** What happens when a statement arrives. */
  @FunctionalInterface
  private interface Act<T> {
    T now() throws SQLException;
  }

  private <T> T live(String sql, Act<T> act) throws SQLException {
    try {
      life.before(sql);
      account.said().add(sql);
      requireAnswer(sql, false);
      T answer = act.now();
      requireAnswer(sql, true);
      life.after(sql);
      return answer;
    } catch (Life.Ended e) {
      close();
      throw e;
    }
  }

  private void requireAnswer(String sql, boolean done) throws SQLException {
    if (account.loses(sql, done)) {
      throw new SQLException("the connection was lost", "08006");
    }
  }

  private String answering(String sql) throws SQLException {
    Matcher copy = COPY.matcher(sql);
    if (copy.matches()) {
      String files =
          Pattern.compile("'([^']+)'")
              .matcher(copy.group(5))
              .results()
              .map(name -> "'" + account.staged(copy.group(4) + "/" + name.group(1)) + "'")
              .collect(Collectors.joining(", "));
      long rows =
          session.execute(
              translated(
                      "INSERT INTO "
                          + copy.group(1)
                          + " ("
                          + copy.group(2)
                          + ") SELECT "
                          + copy.group(3).replace("$1:", ""))
                  + " FROM read_parquet(["
                  + files
                  + "])");
      return "SELECT " + rows + " AS rows_loaded";
    } else if (sql.startsWith("LIST ")) {
      String names =
          account.list(sql.substring(5)).stream()
              .map(name -> "('" + name + "')")
              .collect(Collectors.joining(", "));
      return names.isEmpty()
          ? "SELECT '' AS name WHERE false"
          : "FROM (VALUES " + names + ") AS t(name)";
    } else if (sql.contains("\"ROW_COUNT\" FROM BANK.INFORMATION_SCHEMA.TABLES")) {
      return "SELECT schema_name, table_name, estimated_size FROM duckdb_tables()";
    } else if (sql.startsWith("REMOVE ")) {
      account.remove(sql.substring(7));
      return "SELECT 'removed'";
    }
    return translated(sql);
  }

  /** The same statement in DuckDB's SQL; what stands in quotes is left alone. */
  static String translated(String sql) {
    List<String> parts = new ArrayList<>();
    Matcher quoted = Pattern.compile("'(?:[^'\\\\]|''|\\\\.)*'|\"(?:[^\"]|\"\")*\"").matcher(sql);
    int from = 0;
    while (quoted.find()) {
      parts.add(plain(sql.substring(from, quoted.start())));
      String text = quoted.group();
      parts.add(text.startsWith("'") ? text.replace("\\\\", "\\") : text);
      from = quoted.end();
    }
    parts.add(plain(sql.substring(from)));
    return String.join("", parts);
  }

  private static String plain(String sql) {
    return sql.replace("BANK.INFORMATION_SCHEMA.", "information_schema.")
        .replaceAll("\\bNUMBER\\(", "DECIMAL(")
        .replaceAll("\\bTIMESTAMP_TZ\\(6\\)", "TIMESTAMPTZ")
        .replaceAll("\\bTIMESTAMP_NTZ\\(6\\)", "TIMESTAMP")
        .replaceAll("\\bTIME\\(6\\)", "TIME")
        .replaceAll("\\bBINARY(\\(\\d+\\))?", "BLOB")
        .replaceAll("\\bFLOAT\\b", "DOUBLE")
        .replace("CREATE TRANSIENT TABLE", "CREATE TABLE")
        .replace(" DATA_RETENTION_TIME_IN_DAYS = 0", "");
  }

  @Override
  public void put(Path file, String stageFolder) throws SQLException {
    live(
        "PUT " + stageFolder + "/" + file.getFileName(),
        () -> {
          account.put(file, stageFolder);
          return null;
        });
  }

  @Override
  public boolean isOpen() {
    try {
      return !connection.isClosed();
    } catch (SQLException e) {
      return false;
    }
  }

  @Override
  public void close() {
    session.close();
  }
}
