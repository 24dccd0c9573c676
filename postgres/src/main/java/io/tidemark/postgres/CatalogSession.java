package io.tidemark.postgres;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.postgres.catalog.ByteOrder;
import io.tidemark.postgres.catalog.Catalog;
import io.tidemark.postgres.catalog.CatalogReader;
import io.tidemark.postgres.catalog.CatalogTable;
import io.tidemark.postgres.catalog.RelationSizes;
import io.tidemark.postgres.catalog.ServerInfo;
import io.tidemark.postgres.catalog.ServerWords;
import io.tidemark.postgres.catalog.TableDefinitions;
import io.tidemark.postgres.catalog.TableFilter;
import io.tidemark.postgres.connect.Connector;
import io.tidemark.postgres.doctor.EventTrigger;
import io.tidemark.postgres.history.TypeBook;
import io.tidemark.postgres.slot.Publication;
import io.tidemark.postgres.slot.Publication.Published;
import io.tidemark.postgres.slot.PublicationKeeper;
import io.tidemark.postgres.slot.SlotState;
import io.tidemark.postgres.snapshot.KeyCopy;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One connection for questions about the present, opened again when it was lost. Any thread may
 * ask; they wait for each other.
 */
final class CatalogSession implements AutoCloseable {
  /** Prefix of every logical message that this program or its event trigger writes. */
  static final String MESSAGE_PREFIX = "tidemark";

  /** How long a look waits for somebody's lock. */
  private static final int LOCK_MILLIS = 200;

  /**
   * The present of all selected tables.
   *
   * @param walEnd end of the log after the look: all that it shows was written below
   */
  record Present(Catalog catalog, List<Publication> publications, Lsn walEnd) {
    /** How a table is published; the publication with most of its changes counts. */
    Optional<Published> published(CatalogTable table) {
      Optional<Published> best = Optional.empty();
      for (Publication publication : publications) {
        Optional<Published> found = publication.published(table.oid(), table.name().schema());
        if (found.isPresent() && (best.isEmpty() || !best.get().everyChange())) {
          best = found;
        }
      }
      return best;
    }
  }

  private final Connector connector;
  private final TableFilter filter;
  private final PublicationKeeper keeper;
  private final TypeBook types;
  private volatile Connection connection;
  private volatile boolean aborted;
  private Optional<Set<String>> streamed = Optional.empty();

  CatalogSession(
      Connector connector, TableFilter filter, PublicationKeeper keeper, TypeBook types) {
    this.connector = connector;
    this.filter = filter;
    this.keeper = keeper;
    this.types = types;
  }

  /**
   * Brings the publications up to the catalog, over a connection of its own where there is anything
   * to do: it may have to wait for tables that are locked, and nobody else shall.
   *
   * @param ours the relations that are, or were, captured
   * @return what could not be done; empty also where there was nothing to do
   */
  Kept keepPublications(Present present, Set<Integer> ours) throws SQLException {
    List<String> changes = keeper.changes(present.publications(), present.catalog(), ours);
    if (changes.isEmpty()) {
      return new Kept(false, List.of());
    }
    try (Connection own = connector.questions()) {
      return new Kept(true, PublicationKeeper.alter(own, changes));
    }
  }

  /**
   * What became of the publications.
   *
   * @param touched whether an earlier look at them may be out of date
   */
  record Kept(boolean touched, List<PublicationKeeper.Undone> undone) {}

  /**
   * Has the server publish partitions that came with rows.
   *
   * @return the SQL that this role may not run
   */
  List<String> renewPublication(String name, Collection<TableName> partitions) throws SQLException {
    try (Connection own = connector.questions()) {
      return keeper.renew(own, name, partitions);
    }
  }

  /** From here on only these publications count: the stream is read from no other. */
  synchronized void readFrom(Set<String> names) {
    streamed = Optional.of(Set.copyOf(names));
  }

  void createPublications(Catalog catalog) throws SQLException {
    try (Connection own = connector.questions()) {
      keeper.create(own, catalog);
    }
  }

  /**
   * Looks at tables, publications and the types of all columns, as of one moment: a table that is
   * dropped in between is in all of them or in none.
   */
  synchronized Present look() throws SQLException {
    Connection open = connection();
    open.setAutoCommit(false);
    try {
      try (Statement statement = open.createStatement()) {
        statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
      }
      return look(open);
    } finally {
      open.setAutoCommit(true);
    }
  }

  private Present look(Connection open) throws SQLException {
    Catalog catalog = CatalogReader.read(open, filter);
    readTypes(open, catalog);
    List<Publication> publications =
        keeper.current(open).stream()
            .filter(found -> streamed.map(names -> names.contains(found.name())).orElse(true))
            .toList();
    return new Present(catalog, publications, ServerInfo.walEnd(open));
  }

  private void readTypes(Connection open, Catalog catalog) throws SQLException {
    List<Integer> oids =
        catalog.tables().stream()
            .flatMap(table -> table.columns().stream())
            .map(column -> column.typeOid())
            .distinct()
            .toList();
    types.read(open, oids);
  }

  /** Makes types known. */
  synchronized void readTypes(List<Integer> oids) throws SQLException {
    types.read(connection(), oids);
  }

  /**
   * Definitions of tables.
   *
   * @param tables by pg_class.oid; empty where nothing has changed since
   * @param walEnd end of the log after the look
   */
  record Defined(String stamp, Map<Integer, ObjectNode> tables, Lsn walEnd) {}

  /**
   * The definitions of tables, unless they are as they were. Waits for nobody's lock for long.
   *
   * @param stamp of the last look
   * @param anyway whether to read them all the same
   */
  synchronized Defined definitions(Collection<Integer> oids, String stamp, boolean anyway)
      throws SQLException {
    Connection open = connection();
    String now = TableDefinitions.stamp(open, oids);
    if (now.equals(stamp) && !anyway) {
      return new Defined(now, Map.of(), ServerInfo.walEnd(open));
    }
    open.setAutoCommit(false);
    try (Statement statement = open.createStatement()) {
      statement.execute("SET LOCAL lock_timeout = '" + LOCK_MILLIS + "ms'");
      Map<Integer, ObjectNode> tables = TableDefinitions.read(open, oids);
      return new Defined(now, tables, ServerInfo.walEnd(open));
    } catch (SQLException e) {
      open.rollback(); // a failed transaction cannot be left by a commit
      throw e;
    } finally {
      open.setAutoCommit(true);
    }
  }

  /** The types that tables are made of, for their definitions. */
  synchronized Map<Integer, JsonNode> definedTypes(List<Integer> oids) throws SQLException {
    return TableDefinitions.types(connection(), oids);
  }

  /** The tables and types under another session's snapshot. */
  Catalog lookUnder(Connection snapshot) throws SQLException {
    Catalog catalog = CatalogReader.read(snapshot, filter);
    readTypes(snapshot, catalog);
    return catalog;
  }

  /**
   * Whether a relation has no page, so that no transaction has ever put a row into it; empty where
   * that cannot be told now.
   */
  synchronized Optional<Boolean> isEmpty(int oid) throws SQLException {
    return RelationSizes.isEmpty(connection(), oid);
  }

  synchronized Lsn walEnd() throws SQLException {
    return ServerInfo.walEnd(connection());
  }

  /** Whether the event trigger of the exact grade is there. */
  synchronized boolean hasEventTrigger() throws SQLException {
    return EventTrigger.isThere(connection());
  }

  /** The server's clock, microseconds since 1970 UTC. */
  synchronized long clockMicros() throws SQLException {
    return number("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint::text");
  }

  /** The timeline on which the server writes or receives its log; 0 where that cannot be told. */
  synchronized int timeline() throws SQLException {
    try (Statement statement = connection().createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT CASE WHEN pg_is_in_recovery() THEN (SELECT to_hex(received_tli)"
                    + " FROM pg_stat_wal_receiver)"
                    + " ELSE substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END")) {
      row.next();
      String number = row.getString(1);
      return number == null ? 0 : Integer.parseUnsignedInt(number, 16);
    }
  }

  synchronized Optional<SlotState> slot(String name) throws SQLException {
    return SlotState.read(connection(), name);
  }

  /** A transaction id that the server gives out next, 64 bits. */
  synchronized long nextXid() throws SQLException {
    return number("SELECT pg_snapshot_xmax(pg_current_snapshot())::text");
  }

  /**
   * Writes a message into the log, in a transaction of its own, so that the stream gets something
   * at once even where nobody else writes.
   *
   * @return a position below the message's commit; on a standby, which cannot write, and for a role
   *     that may not, the position that the server has come to
   */
  synchronized Lsn mark(String text) throws SQLException {
    try {
      return emit(text);
    } catch (SQLException e) {
      if (!"42501".equals(e.getSQLState())) {
        throw e;
      }
      return ServerInfo.walEnd(connection());
    }
  }

  private Lsn emit(String text) throws SQLException {
    try (Statement statement = connection().createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()"
                    + " ELSE pg_logical_emit_message(true, '"
                    + MESSAGE_PREFIX
                    + "', '"
                    + text
                    + "') END::text")) {
      row.next();
      return Lsn.parse(row.getString(1));
    }
  }

  /** A place at which a copy in key ranges can begin, or go on. Not on a standby. */
  synchronized KeyCopy.Start start() throws SQLException {
    // in this order: a transaction that gets its id later commits above the position
    Lsn point = walEnd();
    try (Statement statement = connection().createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT pg_current_xact_id()::text, (extract(epoch FROM now()) * 1000000)::bigint,"
                    + " substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8),"
                    + " pg_logical_emit_message(true, '"
                    + MESSAGE_PREFIX
                    + "', 'copy')")) {
      row.next();
      return new KeyCopy.Start(
          point,
          Long.parseLong(row.getString(1)),
          Integer.parseUnsignedInt(row.getString(3), 16),
          row.getLong(2));
    }
  }

  /** What of a table must not change while it is copied in key ranges. */
  synchronized String definition(int oid) throws SQLException {
    return CatalogReader.definition(connection(), oid).orElse("(dropped)");
  }

  /** Whether the server is a standby. */
  synchronized boolean isStandby() throws SQLException {
    return number("SELECT pg_is_in_recovery()::int::text") != 0;
  }

  /** Bytes of relations with their large values, by oid. */
  synchronized Map<Integer, Long> sizes(List<Integer> oids) throws SQLException {
    return RelationSizes.bytes(connection(), oids);
  }

  /** Columns whose texts are ordered by their bytes, as {@code oid.attnum}. */
  synchronized Set<String> collatedByBytes(List<Integer> oids) throws SQLException {
    return ByteOrder.columns(connection(), oids);
  }

  /**
   * Writes an anchor into the log, at once and whatever becomes of any transaction. The position
   * before it is its last word.
   *
   * @return whether it was written: not on a standby, and not by a role that may not
   */
  synchronized boolean anchor(String nonce) throws SQLException {
    try (Statement statement = connection().createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_logical_emit_message(false, '"
                    + Anchors.PREFIX
                    + "', '"
                    + nonce
                    + " ' || pg_current_wal_insert_lsn()::text) END::text")) {
      row.next();
      return row.getString(1) != null;
    } catch (SQLException e) {
      if ("42501".equals(e.getSQLState())) {
        return false;
      }
      throw e;
    }
  }

  /** What a question says that was not answered. */
  static TidemarkException unreachable(SQLException e) {
    return new TidemarkException(
        ErrorCode.SOURCE_UNREACHABLE,
        "Cannot read the catalog: " + ServerWords.of(e) + ". Trying again.",
        e);
  }

  private long number(String sql) throws SQLException {
    try (Statement statement = connection().createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return Long.parseLong(row.getString(1));
    }
  }

  private Connection connection() throws SQLException {
    if (connection == null || connection.isClosed() || !connection.isValid(10)) {
      close();
      connection = connector.questions();
    }
    if (aborted) {
      close();
      throw new SQLException("the source is closed", "08003");
    }
    return connection;
  }

  /** Breaks off whatever is being asked, and lets nothing more be asked. Does not wait. */
  void abort() {
    aborted = true;
    Connection open = connection;
    if (open != null) {
      try {
        open.abort(Runnable::run);
      } catch (SQLException e) {
        // gone already
      }
    }
  }

  @Override
  public synchronized void close() {
    if (connection != null) {
      try {
        connection.close();
      } catch (SQLException e) {
        // nothing is open on it
      }
      connection = null;
    }
  }
}
