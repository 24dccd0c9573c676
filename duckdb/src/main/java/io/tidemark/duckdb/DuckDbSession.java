package io.tidemark.duckdb;

import io.tidemark.api.copy.CopiedTable;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;
import org.duckdb.DuckDBDriver;

/**
 * An in-memory DuckDB that can read the files of a copy and nothing else: no other file, no
 * network, no extension but those inside the library, and no setting that could change that. Times
 * are UTC whatever the zone of the machine.
 */
final class DuckDbSession implements AutoCloseable {
  private final Connection connection;
  private final Path spill;

  private DuckDbSession(Connection connection, Path spill) {
    this.connection = connection;
    this.spill = spill;
  }

  /** Opens one over data files of tables. */
  static DuckDbSession over(List<CopiedTable> tables, DuckDbOptions options) {
    List<String> paths =
        tables.stream()
            .flatMap(table -> table.files().stream().map(CopiedTable.DataFile::path))
            .toList();
    return open(options, session -> session.lock(paths));
  }

  /** Opens one over the first of some DuckDB files that can be attached, under a name. */
  static DuckDbSession attaching(List<Path> files, String name, DuckDbOptions options) {
    return open(
        options,
        session -> {
          session.attach(files, name);
          session.lock(List.of());
        });
  }

  /** What is done to a session before nothing more can be opened. */
  @FunctionalInterface
  private interface Preparation {
    void run(DuckDbSession session) throws SQLException;
  }

  private static DuckDbSession open(DuckDbOptions options, Preparation preparation) {
    try {
      Files.createDirectories(options.spill());
      Path spill = Files.createTempDirectory(options.spill(), "query-");
      Properties properties = new Properties();
      properties.setProperty("autoinstall_known_extensions", "false");
      properties.setProperty("autoload_known_extensions", "false");
      properties.setProperty("threads", Integer.toString(options.threads()));
      properties.setProperty("memory_limit", options.memoryBytes() / 1024 + "KiB");
      properties.setProperty("temp_directory", spill.toString());
      properties.setProperty(DuckDBDriver.JDBC_STREAM_RESULTS, "true");
      Driver driver = new DuckDBDriver();
      DuckDbSession session = new DuckDbSession(driver.connect("jdbc:duckdb:", properties), spill);
      try {
        preparation.run(session);
      } catch (SQLException | RuntimeException e) {
        session.close();
        throw e;
      }
      return session;
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot make a folder in " + options.spill() + " for what a query spills.", e);
    } catch (SQLException e) {
      throw new TidemarkException(
          ErrorCode.QUERY, "Cannot start DuckDB: " + e.getMessage() + ".", e);
    }
  }

  private void attach(List<Path> files, String name) throws SQLException {
    SQLException failed = null;
    for (Path file : files) {
      try {
        if (Files.exists(file)) {
          execute("ATTACH " + SqlText.value(file.toString()) + " AS " + name + " (READ_ONLY)");
          return;
        }
      } catch (SQLException e) {
        // another process writes it: the next one is for readers
        failed = e;
      }
    }
    throw new TidemarkException(
        failed == null ? ErrorCode.DESTINATION_CHANGED : ErrorCode.BUSY,
        "Cannot read "
            + files.get(0)
            + ": "
            + (failed == null
                ? "there is no such file. Run the pipeline first."
                : failed.getMessage().lines().findFirst().orElse("no reason given")
                    + ". While a pipeline writes it, it is read as "
                    + files.get(files.size() - 1).getFileName()
                    + ", which publish-every makes; wait for it."),
        failed);
  }

  private void lock(List<String> readable) throws SQLException {
    execute("SET GLOBAL TimeZone = 'UTC'");
    execute("SET parquet_metadata_cache = true");
    // The system has local files in its own cache; DuckDB's costs a quarter more for small files.
    execute("SET enable_external_file_cache = false");
    execute("SET allowed_paths = " + SqlText.list(readable));
    execute("SET enable_external_access = false");
    execute("SET lock_configuration = true");
  }

  Connection connection() {
    return connection;
  }

  /** Another connection to the same database, for one result. */
  Connection connect() throws SQLException {
    return ((DuckDBConnection) connection).duplicate();
  }

  /** Takes rows for a table of the main schema. */
  DuckDBAppender append(String table) throws SQLException {
    return ((DuckDBConnection) connection).createAppender(DuckDBConnection.DEFAULT_SCHEMA, table);
  }

  void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      throw new TidemarkException(
          ErrorCode.QUERY, "Cannot close DuckDB: " + e.getMessage() + ".", e);
    } finally {
      removeSpill();
    }
  }

  private void removeSpill() {
    try (Stream<Path> files = Files.walk(spill)) {
      files.sorted(java.util.Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot remove " + spill + ".", e);
    }
  }
}
