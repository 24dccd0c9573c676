package io.tidemark.postgres.verify;

import io.tidemark.api.copy.SourceReader;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableSchema;
import io.tidemark.postgres.PostgresConfig;
import io.tidemark.postgres.catalog.ServerInfo;
import io.tidemark.postgres.catalog.ServerWords;
import io.tidemark.postgres.connect.Connector;
import io.tidemark.postgres.history.TypeBook;
import io.tidemark.postgres.slot.ExportedSlot;
import io.tidemark.postgres.slot.Publication;
import io.tidemark.postgres.snapshot.SnapshotHolder;
import io.tidemark.postgres.type.MisfitPolicy;
import io.tidemark.postgres.type.PgTypes;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads the tables of a database for a comparison, with sessions of its own and the settings of the
 * capture, so that values have the same texts.
 */
public final class PostgresReader implements SourceReader {
  private final Connection reading;
  private final Optional<Connection> present;
  private final Asking asking;
  private final TypeBook types;
  private final List<Publication> publications = new ArrayList<>();
  private final boolean utf8;

  private PostgresReader(
      PostgresConfig config, Connection reading, Optional<Connection> present, VerifyLimits limits)
      throws SQLException {
    this.reading = reading;
    this.present = present;
    String encoding =
        reading.unwrap(org.postgresql.PGConnection.class).getParameterStatus("server_encoding");
    if ("SQL_ASCII".equals(encoding)) {
      throw new TidemarkException(
          ErrorCode.SOURCE_NOT_READY,
          "Cannot compare with "
              + config.endpoint()
              + ": its encoding is SQL_ASCII, so it cannot say what its texts are. Compare another"
              + " way, with a dump for instance.");
    }
    this.utf8 = "UTF8".equals(encoding);
    this.types =
        new TypeBook(
            PgTypes.builtIn(),
            switch (config.policies().overflow()) {
              case RAW -> MisfitPolicy.RAW;
              case TEXT -> MisfitPolicy.TEXT;
              case REJECT -> MisfitPolicy.REJECT;
            });
    for (String name : List.of(config.publication(), config.insertsPublication())) {
      Publication.read(reading, name).ifPresent(publications::add);
    }
    this.asking = new Asking(reading, present.isPresent(), limits);
  }

  /** Reads the present: each statement sees what is there when it begins. */
  public static PostgresReader present(
      PostgresConfig config, Map<String, String> environment, VerifyLimits limits) {
    return open(config, new Connector(config.endpoint(), environment).sql(), null, limits);
  }

  /**
   * Reads what a slot's snapshot shows, which holds back vacuum until this is closed. The slot may
   * be closed at once.
   */
  public static PostgresReader under(
      PostgresConfig config,
      Map<String, String> environment,
      ExportedSlot slot,
      VerifyLimits limits) {
    Connector connector = new Connector(config.endpoint(), environment);
    Connection present = connector.sql();
    try {
      return open(config, SnapshotHolder.take(connector, slot).connection(), present, limits);
    } catch (SQLException e) {
      close(present);
      throw failure(config, e);
    }
  }

  private static PostgresReader open(
      PostgresConfig config, Connection reading, Connection present, VerifyLimits limits) {
    try {
      return new PostgresReader(config, reading, Optional.ofNullable(present), limits);
    } catch (SQLException | TidemarkException e) {
      close(reading);
      if (present != null) {
        close(present);
      }
      throw e instanceof TidemarkException known ? known : failure(config, (SQLException) e);
    }
  }

  private static TidemarkException failure(PostgresConfig config, SQLException e) {
    return new TidemarkException(
        ErrorCode.SOURCE_UNREACHABLE,
        "Cannot read from " + config.endpoint() + ": " + ServerWords.of(e) + ". Try again.",
        e);
  }

  @Override
  public Optional<Table> table(TableSchema form, List<Integer> columns) {
    try {
      types.read(reading, form.columns().stream().map(column -> column.typeOid()).toList());
      Optional<Relation> found = Relation.find(reading, form.relationOid(), present);
      return found.map(
          relation -> new SourceTable(asking, relation, form, columns, filter(form), types, utf8));
    } catch (SQLException e) {
      throw new TidemarkException(
          ServerWords.state(e).startsWith("08") ? ErrorCode.SOURCE_UNREACHABLE : ErrorCode.QUERY,
          "Cannot look at " + form.name() + ": " + ServerWords.of(e) + ". Verify again.",
          e);
    } finally {
      asking.end();
    }
  }

  /** The condition of the rows that are published: those that the stream and a copy of it give. */
  private Optional<String> filter(TableSchema form) {
    return publications.stream()
        .flatMap(each -> each.published(form.relationOid(), form.name().schema()).stream())
        .filter(Publication.Published::everyChange)
        .findFirst()
        .flatMap(Publication.Published::rowFilter);
  }

  /** The end of the log: everything that a statement has seen so far lies below. */
  public Lsn logEnd() {
    try {
      return ServerInfo.walEnd(reading);
    } catch (SQLException e) {
      throw new TidemarkException(
          ErrorCode.SOURCE_UNREACHABLE,
          "Cannot ask the source for the end of its log: " + ServerWords.of(e) + ". Try again.",
          e);
    } finally {
      asking.end();
    }
  }

  @Override
  public Load load() {
    return asking.load();
  }

  @Override
  public void close() {
    close(reading);
    present.ifPresent(PostgresReader::close);
  }

  private static void close(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      // the server ends what was open when the connection goes
    }
  }
}
