package io.tidemark.duckdb.sink;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.SinkException;
import io.tidemark.duckdb.ChangeTables;
import io.tidemark.duckdb.SqlText;
import io.tidemark.duckdb.StoredForms;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;
import org.duckdb.DuckDBDriver;

/**
 * The file, open for writing. No other process can open it meanwhile: DuckDB holds a lock on it,
 * which the operating system frees with the process.
 */
final class CopyFile implements AutoCloseable {
  /** Where the sink keeps what is its own. */
  static final String OWN_SCHEMA = "_tidemark";

  private final DuckDBConnection connection;
  private final String catalog;

  /**
   * Stays open as long as the file: closing any descriptor of it would free the lock of this
   * process (POSIX fcntl locks do not count).
   */
  private final FileChannel bytes;

  private CopyFile(DuckDBConnection connection, String catalog, FileChannel bytes) {
    this.connection = connection;
    this.catalog = catalog;
    this.bytes = bytes;
  }

  static CopyFile open(DuckDbConfig config) throws SinkException {
    try {
      if (config.isFile()) {
        Files.createDirectories(config.path().getParent());
      }
      Files.createDirectories(config.tempFolder());
      return open(
          config,
          (DuckDBConnection)
              new DuckDBDriver().connect("jdbc:duckdb:" + config.database(), properties(config)));
    } catch (IOException e) {
      throw new SinkException.Retryable(
          "Cannot open " + config.place() + ": " + e + ". Look at the folder and its rights.", e);
    } catch (SQLException e) {
      throw notOpened(config, e);
    }
  }

  /** The connection does not outlive a failure: it holds the lock, which a new try needs. */
  private static CopyFile open(DuckDbConfig config, DuckDBConnection connection)
      throws IOException, SQLException {
    FileChannel bytes = null;
    try {
      if (config.isFile()) {
        bytes = FileChannel.open(config.path(), StandardOpenOption.READ);
      }
      CopyFile file = new CopyFile(connection, connection.getCatalog(), bytes);
      file.execute("SET TimeZone = 'UTC'");
      return file;
    } catch (IOException | SQLException | RuntimeException e) {
      try {
        closeAll(connection, bytes);
      } catch (IOException | SQLException more) {
        e.addSuppressed(more);
      }
      throw e;
    }
  }

  /** The connection first: its lock on the file would go with the channel. */
  private static void closeAll(DuckDBConnection connection, FileChannel bytes)
      throws IOException, SQLException {
    try {
      connection.close();
    } finally {
      if (bytes != null) {
        bytes.close();
      }
    }
  }

  /** How DuckDB is set up; all connections of a process to one file must say the same. */
  static Properties properties(DuckDbConfig config) {
    Properties properties = new Properties();
    // MotherDuck is reached through an extension of its own
    String extensions = Boolean.toString(!config.isFile());
    properties.setProperty("autoinstall_known_extensions", extensions);
    properties.setProperty("autoload_known_extensions", extensions);
    properties.setProperty("memory_limit", config.memoryBytes() / 1024 + "KiB");
    properties.setProperty("temp_directory", config.tempFolder().toString());
    properties.setProperty("preserve_insertion_order", "false");
    int threads =
        config.threads() > 0
            ? config.threads()
            : Math.max(1, Runtime.getRuntime().availableProcessors() - 1);
    properties.setProperty("threads", Integer.toString(threads));
    return properties;
  }

  private static SinkException notOpened(DuckDbConfig config, SQLException e) {
    String reason = firstLine(e);
    if (reason.contains("Could not set lock")) {
      throw new TidemarkException(
          ErrorCode.BUSY,
          "Cannot open "
              + config.path()
              + ": another process has it open ("
              + reason
              + "). Stop that process; to read the copy meanwhile open "
              + config.readPath().getFileName()
              + ".",
          e);
    }
    return new SinkException.Retryable(
        "Cannot open " + config.place() + ": " + reason + ". Look at the file and its rights.", e);
  }

  static String firstLine(SQLException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("no reason given");
  }

  /** A name within the file, whole. */
  String name(String schema, String table) {
    return schemaName(schema) + "." + SqlText.name(table);
  }

  String schemaName(String schema) {
    return SqlText.name(catalog) + "." + SqlText.name(schema);
  }

  /** A table of the sink's own. */
  String own(String table) {
    return name(OWN_SCHEMA, table);
  }

  /** Its bytes; null where it is no file. */
  FileChannel bytes() {
    return bytes;
  }

  /** Takes rows for a temporary table. */
  DuckDBAppender appendTemp(String table) throws SQLException {
    return connection.createAppender("temp", "main", table);
  }

  /** Runs a statement; the number of rows it changed, 0 where it changes none. */
  long execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
      return Math.max(0, statement.getUpdateCount());
    }
  }

  /** Runs a query and gives each row to a reader. */
  <T> List<T> query(String sql, RowReader<T> reader) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<T> all = new ArrayList<>();
      while (rows.next()) {
        all.add(reader.read(rows));
      }
      return all;
    }
  }

  /** Every version of every form in a table of the sink's own. */
  Map<TableName, List<TableSchema>> forms(String table) throws SQLException {
    return StoredForms.read(connection, own(table));
  }

  /** The views over changes of a table. */
  ChangeTables.Views views(List<TableSchema> versions, boolean member, List<ChangeTables.Held> held)
      throws SQLException {
    return ChangeTables.views(versions, member, held, connection);
  }

  /** Whether there is a table or view of a name, in the eyes of DuckDB. */
  boolean hasTable(String schema, String table) throws SQLException {
    return query(
                "SELECT count(*) FROM information_schema.tables WHERE table_catalog ="
                    + " current_database() AND lower(table_schema) = lower("
                    + SqlText.value(schema)
                    + ") AND lower(table_name) = lower("
                    + SqlText.value(table)
                    + ")",
                row -> row.getLong(1))
            .get(0)
        > 0;
  }

  /** Reads one row. */
  @FunctionalInterface
  interface RowReader<T> {
    T read(ResultSet row) throws SQLException;
  }

  @Override
  public void close() {
    try {
      closeAll(connection, bytes);
    } catch (SQLException | IOException e) {
      throw new TidemarkException(
          ErrorCode.DESTINATION, "Cannot close the file: " + e.getMessage() + ".", e);
    }
  }
}
