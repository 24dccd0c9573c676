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

  static DuckDbSession open(List<CopiedTable> tables, DuckDbOptions options) {
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
      session.lock(tables);
      return session;
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot make a folder in " + options.spill() + " for what a query spills.", e);
    } catch (SQLException e) {
      throw new TidemarkException(
          ErrorCode.QUERY, "Cannot start DuckDB: " + e.getMessage() + ".", e);
    }
  }

  private void lock(List<CopiedTable> tables) throws SQLException {
    List<String> paths =
        tables.stream()
            .flatMap(table -> table.files().stream().map(CopiedTable.DataFile::path))
            .toList();
    execute("SET GLOBAL TimeZone = 'UTC'");
    execute("SET parquet_metadata_cache = true");
    // The system has local files in its own cache; DuckDB's costs a quarter more for small files.
    execute("SET enable_external_file_cache = false");
    execute("SET allowed_paths = " + SqlText.list(paths));
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
