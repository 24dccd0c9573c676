package io.tidemark.postgres.snapshot;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.postgres.catalog.CatalogReader;
import io.tidemark.postgres.catalog.OpenTransactions;
import io.tidemark.postgres.catalog.Sql;
import io.tidemark.postgres.connect.Connector;
import io.tidemark.postgres.snapshot.KeyOrder.Bound;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyOut;

/**
 * Reads key ranges of one table, each in a short transaction with a snapshot of its own. One thread
 * uses a reader; {@link #abort} may be called by another.
 */
public final class KeyReader implements AutoCloseable {
  private static final int LOOK_EVERY = 1024;
  private static final String LOCKED = "55P03";

  private final Connection connection;
  private final CopyPlan plan;
  private final KeyOrder order;
  private final long maxRowBytes;

  /**
   * @param plan how the table is read; its print is the table's {@link CatalogReader#definition}
   */
  public KeyReader(Connector connector, CopyPlan plan, KeyOrder order, long maxRowBytes)
      throws SQLException {
    this.connection = connector.bytes();
    this.plan = plan;
    this.order = order;
    this.maxRowBytes = maxRowBytes;
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET lock_timeout = '60s'");
    }
  }

  /**
   * Finds where a part of a range may end.
   *
   * @param rows how many rows it may have, about
   * @return empty where the whole range has no more
   */
  public Optional<Bound> cut(KeyRange range, long rows) throws SQLException {
    List<String> conditions = order.conditions(range.after, range.upTo);
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT "
                    + order.textList()
                    + " FROM ONLY "
                    + Sql.name(plan.name())
                    + " AS source"
                    + (conditions.isEmpty() ? "" : " WHERE " + String.join(" AND ", conditions))
                    + " ORDER BY "
                    + order.order("source")
                    + " OFFSET "
                    + Math.max(0, rows - 1)
                    + " LIMIT 1")) {
      if (!row.next()) {
        return Optional.empty();
      }
      List<String> texts = new ArrayList<>();
      for (int i = 1; i <= order.width(); i++) {
        texts.add(row.getString(i));
      }
      return Optional.of(order.bound(texts));
    }
  }

  /**
   * A snapshot of the present.
   *
   * @param timeline of the server
   */
  public record Opened(XidSet seen, int timeline) {}

  /**
   * Begins a transaction. The lock comes first, so the snapshot sees the end of whatever rewrote or
   * truncated the table.
   *
   * @throws AttemptLostException where the table is not what the plan says
   */
  public Opened open() throws SQLException, AttemptLostException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
      statement.execute("LOCK TABLE ONLY " + Sql.name(plan.name()) + " IN ACCESS SHARE MODE");
      Opened opened = opened(statement);
      String now = CatalogReader.definition(connection, plan.relation()).orElse("(dropped)");
      if (!now.equals(plan.print())) {
        throw new AttemptLostException("the table was altered while it was copied");
      }
      return opened;
    } catch (SQLException e) {
      // a lock that is held for long costs time, not the ranges that were read
      throw LOCKED.equals(e.getSQLState()) ? e : CopyWorker.lostOr(e);
    }
  }

  /** Who is in the way of a snapshot that sees all older transactions, in words for the user. */
  public String blocker() throws SQLException {
    return OpenTransactions.oldest(connection);
  }

  private static Opened opened(Statement statement) throws SQLException {
    try (ResultSet row =
        statement.executeQuery(
            "SELECT pg_current_snapshot()::text,"
                + " substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)")) {
      row.next();
      return new Opened(
          XidSet.parse(row.getString(1)), Integer.parseUnsignedInt(row.getString(2), 16));
    }
  }

  /** Gives the transaction up. */
  public void leave() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("ROLLBACK");
    }
  }

  /**
   * Reads the rows of a range in the transaction that {@link #open} began, and ends it.
   *
   * @throws AttemptLostException where {@link Rows#isWanted} says no
   */
  public void read(KeyRange range, CopyStamp stamp, Rows sink)
      throws SQLException, InterruptedException, AttemptLostException {
    CopyRows rows = new CopyRows(plan, stamp.fork(), maxRowBytes, sink);
    CopyOut copy =
        connection
            .unwrap(PGConnection.class)
            .getCopyAPI()
            .copyOut(plan.sql(order.conditions(range.after, range.upTo)));
    try {
      read(copy, rows, sink);
    } finally {
      OpenCopy.end(copy, connection);
    }
    rows.end();
    try (Statement statement = connection.createStatement()) {
      statement.execute("COMMIT");
    }
  }

  private static void read(CopyOut copy, CopyRows rows, Rows sink)
      throws SQLException, InterruptedException, AttemptLostException {
    int messages = 0;
    byte[] data = copy.readFromCopy();
    while (data != null) {
      rows.message(data);
      // one row alone is taken however large it is
      messages++;
      boolean look = messages % LOOK_EVERY == 0 || messages > 1 && sink.isFull();
      if (look && !sink.isWanted()) {
        copy.cancelCopy();
        throw new AttemptLostException("the range is not wanted any more");
      }
      data = copy.readFromCopy();
    }
  }

  /**
   * Makes everything durable at the server that a snapshot taken before can have seen: a crash of
   * the server cannot take back what was read then, nor give its transaction ids out again.
   *
   * @return a position of the log past all of that
   */
  public Lsn settle(String prefix) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT pg_logical_emit_message(true, " + Sql.text(prefix) + ", 'range')::text")) {
      row.next();
      return Lsn.parse(row.getString(1));
    }
  }

  /** Whether another range can be read. */
  public boolean isUsable() {
    try {
      return !connection.isClosed();
    } catch (SQLException e) {
      return false;
    }
  }

  /** Breaks off whatever the reader is doing. */
  public void abort() {
    try {
      connection.abort(Runnable::run);
    } catch (SQLException e) {
      // gone already
    }
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      // nothing was left open that the server does not end by itself
    }
  }

  /** Takes the rows of one range, which count only once all of them are there. */
  public static final class Rows implements CopySink {
    private final long limit;
    private final java.util.function.BooleanSupplier wanted;
    private final List<ChangeBatch> batches = new ArrayList<>();
    private long bytes;

    /**
     * @param limit bytes of memory beyond which the range is not wanted
     */
    public Rows(long limit, java.util.function.BooleanSupplier wanted) {
      this.limit = limit;
      this.wanted = wanted;
    }

    @Override
    public void rows(ChangeBatch batch) {
      batches.add(batch);
      bytes += batch.bytes();
    }

    @Override
    public boolean isWanted() {
      return !isFull() && wanted.getAsBoolean();
    }

    /** Whether there were too many of them. */
    public boolean isFull() {
      return bytes > limit;
    }

    /** All of them. */
    public List<ChangeBatch> batches() {
      return batches;
    }
  }
}
