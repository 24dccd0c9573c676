package io.tidemark.postgres.sink;

import io.tidemark.postgres.catalog.ServerWords;
import io.tidemark.postgres.catalog.TableDefinitions;
import io.tidemark.postgres.connect.Connector;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The sink's one connection. Statements are committed by themselves outside BEGIN and COMMIT. */
final class TargetSession implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TargetSession.class);
  private static final String NO_RIGHT = "42501";
  private static final int FETCHED = 1_000;

  /** Reads one row of an answer. */
  @FunctionalInterface
  interface Row<T> {
    T read(ResultSet row) throws SQLException;
  }

  private final Connection connection;
  private final Statement statement;
  private boolean byKeys;

  private TargetSession(Connection connection) throws SQLException {
    this.connection = connection;
    this.statement = connection.createStatement();
  }

  /**
   * Opens it.
   *
   * @throws io.tidemark.api.error.TidemarkException where nobody lets us in
   */
  static TargetSession open(PostgresSinkConfig config) throws SQLException {
    Connection connection = new Connector(config.endpoint(), Map.copyOf(System.getenv())).sql();
    try {
      TargetSession session = new TargetSession(connection);
      session.prepare(config);
      return session;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /**
   * Opens one that reads, in one transaction at one commit.
   *
   * @throws io.tidemark.api.error.TidemarkException where nobody lets us in
   */
  static TargetSession reading(PostgresSinkConfig config) throws SQLException {
    Connection connection = new Connector(config.endpoint(), Map.copyOf(System.getenv())).sql();
    try {
      connection.setAutoCommit(false);
      connection.setReadOnly(true);
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      return new TargetSession(connection);
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /** Rows that come in pieces; only of a session that reads. The statement ends with them. */
  ResultSet cursor(String sql) throws SQLException {
    Statement rows = connection.createStatement();
    rows.closeOnCompletion();
    rows.setFetchSize(FETCHED);
    return rows.executeQuery(sql);
  }

  private void prepare(PostgresSinkConfig config) throws SQLException {
    execute("SET application_name = 'tidemark sink'");
    // the source forgets on the word of a commit
    execute("SET synchronous_commit = on");
    execute("SET lock_timeout = " + Math.max(1, config.lockTimeout().toMillis()));
    execute("SET temp_buffers = '32MB'");
    execute("SET client_min_messages = 'warning'");
    // a block that goes through many commits says the same for each
    execute("SET plan_cache_mode = force_generic_plan");
    try {
      execute("SET session_replication_role = replica");
    } catch (SQLException e) {
      if (!ServerWords.state(e).equals(NO_RIGHT)) {
        throw e;
      }
      LOG.warn(
          "Foreign keys and triggers of the copy at {} are checked and fired, because {} may not"
              + " set session_replication_role. Run as a superuser, on PostgreSQL 15 or newer:"
              + " GRANT SET ON PARAMETER session_replication_role TO \"{}\"",
          config.endpoint(),
          config.endpoint().user(),
          config.endpoint().user());
    }
    if (query("SHOW fsync", row -> row.getString(1)).contains("off")) {
      LOG.warn(
          "The server of the copy at {} runs with fsync off: after a crash of its machine the copy may"
              + " be behind what the source has forgotten. Set fsync = on.",
          config.endpoint());
    }
  }

  /** Has few rows found by the keys of tables, however little is known of how many they are. */
  void joinByKeys() throws SQLException {
    if (!byKeys) {
      execute("SET enable_hashjoin = off");
      execute("SET enable_mergejoin = off");
      byKeys = true;
    }
  }

  /** Leaves it to the server how tables are joined. */
  void joinFreely() throws SQLException {
    if (byKeys) {
      execute("RESET enable_hashjoin");
      execute("RESET enable_mergejoin");
      byKeys = false;
    }
  }

  /** Runs a statement; tells how many rows it concerned. */
  long execute(String sql) throws SQLException {
    statement.execute(sql);
    return statement.getLargeUpdateCount();
  }

  <T> List<T> query(String sql, Row<T> row) throws SQLException {
    try (ResultSet rows = statement.executeQuery(sql)) {
      List<T> all = new ArrayList<>();
      while (rows.next()) {
        all.add(row.read(rows));
      }
      return all;
    }
  }

  /** The one answer of a question. */
  <T> T ask(String sql, Row<T> row) throws SQLException {
    return query(sql, row).get(0);
  }

  /** Which database that is, see {@link TableDefinitions#database}. */
  String database() throws SQLException {
    return TableDefinitions.database(connection);
  }

  CopyIn copyIn(String sql) throws SQLException {
    return connection.unwrap(PGConnection.class).getCopyAPI().copyIn(sql);
  }

  /** Tries a statement within a transaction; false where the server refuses it with a code. */
  boolean tries(String sql, String refusal) throws SQLException {
    execute("SAVEPOINT tried");
    try {
      execute(sql);
      execute("RELEASE SAVEPOINT tried");
      return true;
    } catch (SQLException e) {
      if (!ServerWords.state(e).startsWith(refusal)) {
        throw e;
      }
      execute("ROLLBACK TO SAVEPOINT tried");
      return false;
    }
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      LOG.debug("A connection does not close.", e);
    }
  }
}
