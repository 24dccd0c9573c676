package io.tidemark.snowflake;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.duckdb.DuckDBConnection;

/**
 * A stand-in for an account: a database of DuckDB in memory that takes the statements of this
 * module, translated, and a folder for the stage. Stricter than Snowflake in one thing: DDL within
 * a transaction, which Snowflake would take and commit, is an error.
 */
final class StandIn implements AutoCloseable {
  private final DuckDBConnection root;
  private final Path stage;

  /** Every statement, as the sink has said it, by any session. */
  private final List<String> said = new CopyOnWriteArrayList<>();

  private volatile String lost;
  private volatile boolean lostArrives;

  StandIn(Path stage) throws SQLException {
    this.stage = stage;
    this.root = (DuckDBConnection) DriverManager.getConnection("jdbc:duckdb:");
    try (var statement = root.createStatement()) {
      statement.execute("SET threads = 1");
      statement.execute("SET GLOBAL TimeZone = 'UTC'");
      // found by every connection, because this database is the first of all
      statement.execute("CREATE MACRO TO_VARCHAR(x) AS CAST(x AS VARCHAR)");
      statement.execute("CREATE MACRO TO_BINARY(x, f) AS unhex(x)");
      statement.execute("CREATE MACRO HEX_ENCODE(x) AS hex(x)");
      statement.execute("CREATE MACRO UUID_STRING() AS CAST(uuid() AS VARCHAR)");
      statement.execute("ATTACH ':memory:' AS \"BANK\"");
    }
  }

  /** Opens sessions that live as long as anybody wants. */
  Session open() throws SQLException {
    return new StandInSession(this, new Life(Life.FOR_EVER, true), connect());
  }

  /** Opens the sessions of a process, which all end when its life does. */
  Session.Factory sessions(Life life) {
    return () -> {
      life.requireAlive();
      return new StandInSession(this, life, connect());
    };
  }

  /** A connection for whoever looks, in DuckDB's own SQL. */
  Connection connect() throws SQLException {
    return root.duplicate();
  }

  /**
   * Lets the answer to the next such statement be lost.
   *
   * @param arrives whether the statement itself is done
   */
  void loseTheAnswerTo(String sql, boolean arrives) {
    lost = sql;
    lostArrives = arrives;
  }

  /** Whether the answer to a statement is lost now, before or behind it. */
  boolean loses(String sql, boolean done) {
    if (!sql.equals(lost) || lostArrives != done) {
      return false;
    }
    lost = null;
    return true;
  }

  List<String> said() {
    return said;
  }

  /** A folder or a file of the stage, of a reference that begins with an at sign. */
  Path staged(String reference) {
    return stage.resolve(reference.substring(reference.indexOf('/') + 1));
  }

  void put(Path file, String folder) {
    try {
      Path target = staged(folder).resolve(file.getFileName());
      Files.createDirectories(target.getParent());
      Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Names of the files below a folder of the stage, as LIST gives them. */
  List<String> list(String reference) {
    Path folder = staged(reference);
    if (!Files.exists(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> "pieces/" + stage.relativize(file).toString().replace('\\', '/'))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void remove(String reference) {
    for (String name : list(reference)) {
      try {
        Files.delete(stage.resolve(name.substring("pieces/".length())));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Override
  public void close() throws SQLException {
    root.close();
  }
}
