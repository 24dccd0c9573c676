package io.tidemark.app.bank;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Writes to a bank's tables as a bank would, as long as it is asked to. One generator at a time may
 * write to a schema; an advisory lock sees to that. With the same seed and empty tables it writes
 * the same rows, but for their times.
 *
 * <p>{@link #open} and one of {@link #once}, {@link #bulk} and {@link #run} are called by one
 * thread; {@link #stop} and the counters by any.
 */
public final class BankGenerator implements AutoCloseable {
  private static final int BATCH_MILLIS = 20;
  private static final int LARGEST_BATCH = 200;
  private static final int ONCE = 100;
  private static final int FIRST_CUSTOMERS = 10;
  private static final long LOCK_PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Supplier<Connection> connections;
  private final BankSchema schema;
  private final Random random;
  private final StepSql sql;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private Connection connection;
  private SequenceIds ids;
  private Bank bank;
  private final AtomicLong transactions = new AtomicLong();
  private final AtomicLong rows = new AtomicLong();
  private long unwritten;
  private volatile Optional<String> problem = Optional.empty();

  /**
   * @param connections opens a connection in auto-commit to the database
   * @param seed of all that is random
   */
  public BankGenerator(Supplier<Connection> connections, BankSchema schema, long seed) {
    this.connections = connections;
    this.schema = schema;
    this.random = new Random(seed);
    this.sql = new StepSql(schema);
  }

  /** Connects, makes the tables if they are missing, and reads what accounts there are. */
  public void open() throws SQLException {
    connection = connections.get();
    lock();
    schema.create(connection);
    ids = new SequenceIds(connection, schema);
    load();
  }

  /** Whether there is no account yet. */
  public boolean isEmpty() {
    return bank.accounts() == 0;
  }

  private void load() throws SQLException {
    Bank loaded = new Bank(random, ids);
    connection.setAutoCommit(false); // a cursor needs a transaction
    String customers = "SELECT id FROM " + schema.qualified("customers") + " ORDER BY id";
    String accounts = "SELECT id, balance FROM " + schema.qualified("accounts") + " ORDER BY id";
    try (Statement statement = connection.createStatement()) {
      statement.setFetchSize(10_000);
      try (ResultSet row = statement.executeQuery(customers)) {
        while (row.next()) {
          loaded.addCustomer(row.getLong(1));
        }
      }
      try (ResultSet row = statement.executeQuery(accounts)) {
        while (row.next()) {
          BigDecimal balance = row.getBigDecimal(2);
          loaded.addAccount(row.getLong(1), balance.unscaledValue().longValueExact());
        }
      }
    }
    connection.commit();
    connection.setAutoCommit(true);
    bank = loaded;
  }

  /** Writes one round: some customers if there are none, then about a hundred transactions. */
  public void once() throws SQLException {
    StringBuilder text = new StringBuilder();
    int missing = bank.accounts() == 0 ? FIRST_CUSTOMERS : 0;
    for (int i = 0; i < missing; i++) {
      add(bank.welcome(), text);
    }
    for (int i = 0; i < ONCE; i++) {
      add(bank.next(), text);
    }
    execute(text, missing + ONCE);
  }

  /**
   * Fills the tables by COPY, in a few large transactions that each keep the bank's promise.
   *
   * @param count rows of the table transactions; 1 or more
   */
  public void bulk(long count) throws SQLException {
    BankBulk bulk = new BankBulk(connection, schema, ids, random);
    for (long left = count; left > 0 && !isStopped(); ) {
      BankBulk.Chunk chunk = bulk.write((int) Math.min(left, BankBulk.LARGEST_CHUNK));
      left -= chunk.transactions();
      rows.addAndGet(chunk.rows());
      transactions.incrementAndGet();
    }
    try (Statement statement = connection.createStatement()) {
      for (String table : BankSchema.TABLES) {
        statement.execute("ANALYZE " + schema.qualified(table)); // how many rows a copy will have
      }
    }
    load();
  }

  /**
   * Writes until it is stopped. Waits for a database that has gone away and goes on when it is
   * back.
   *
   * @param rate transactions per second; 0 for as many as the database takes
   */
  public void run(double rate) throws SQLException {
    long due = System.nanoTime();
    while (!isStopped()) {
      try {
        if (connection == null) {
          open();
          problem = Optional.empty();
        }
        long now = System.nanoTime();
        double owed = rate == 0 ? LARGEST_BATCH : (now - due) * rate / 1e9;
        int batch = (int) Math.min(owed, LARGEST_BATCH);
        if (batch > 0) {
          write(batch);
          // what could not be written for over a second is not caught up with
          due = rate == 0 ? now : Math.max(due + (long) (batch * 1e9 / rate), now - 1_000_000_000L);
        }
        if (owed - batch < 1 && rate != 0) {
          pause(BATCH_MILLIS);
        }
      } catch (SQLException | TidemarkException e) {
        lost(e);
        due = System.nanoTime();
      }
    }
  }

  /** Ends {@link #run} and {@link #bulk} at the next commit. */
  public void stop() {
    stopped.countDown();
  }

  /** Transactions committed so far. */
  public long transactions() {
    return transactions.get();
  }

  /** Rows inserted, updated and deleted so far. */
  public long rows() {
    return rows.get();
  }

  /** What it is waiting for, in words for a user. */
  public Optional<String> problem() {
    return problem;
  }

  /** Gives the connection, and with it the lock, back. */
  @Override
  public void close() {
    stop();
    Connection open = connection;
    connection = null;
    try {
      if (open != null) {
        open.close();
      }
    } catch (SQLException e) {
      problem = Optional.of(e.getMessage());
    }
  }

  private void write(int count) throws SQLException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      add(bank.next(), text);
    }
    execute(text, count);
  }

  private void add(List<Step> steps, StringBuilder text) {
    sql.append(steps, text);
    for (Step step : steps) {
      unwritten += StepSql.rows(step);
    }
  }

  /** All transactions in one round trip. */
  private void execute(StringBuilder text, int count) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(text.toString());
    }
    transactions.addAndGet(count);
    rows.addAndGet(unwritten);
    unwritten = 0;
  }

  /** What was not committed is forgotten with the accounts as they were thought to be. */
  private void lost(Exception e) throws SQLException {
    Connection broken = connection;
    connection = null;
    unwritten = 0;
    boolean heals =
        e instanceof SQLException sql
            ? isConnectionFailure(sql)
            : ((TidemarkException) e).code().retryable();
    try {
      if (broken != null) {
        broken.close();
      }
    } catch (SQLException closing) {
      e.addSuppressed(closing);
    }
    if (!heals) {
      if (e instanceof SQLException sql) {
        throw sql;
      }
      throw (TidemarkException) e;
    }
    problem = Optional.of("the database is gone, waiting for it");
    pause(200);
  }

  private static boolean isConnectionFailure(SQLException e) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    return state.startsWith("08") || state.startsWith("57P") || state.startsWith("53");
  }

  private void lock() throws SQLException {
    long deadline = System.nanoTime() + LOCK_PATIENCE_NANOS;
    try (Statement statement = connection.createStatement()) {
      while (!tryLock(statement)) {
        if (System.nanoTime() > deadline || isStopped()) {
          throw new TidemarkException(
              ErrorCode.BUSY,
              "Cannot write to the bank in schema "
                  + schema.schema()
                  + ": another generator is writing there. Stop that one, or choose another"
                  + " schema.");
        }
        pause(200);
      }
    }
  }

  private boolean tryLock(Statement statement) throws SQLException {
    String name = "tidemark bank " + schema.schema().replace("'", "''");
    try (ResultSet row =
        statement.executeQuery(
            "SELECT pg_try_advisory_lock(hashtextextended('" + name + "', 0))")) {
      row.next();
      return row.getBoolean(1);
    }
  }

  private boolean isStopped() {
    return stopped.getCount() == 0;
  }

  private void pause(long millis) {
    try {
      if (stopped.await(millis, TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      stop();
    }
  }
}
