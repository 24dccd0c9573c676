package io.tidemark.snowflake;

import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/**
 * A session that is opened anew when the one before has ended while nothing was asked, as Snowflake
 * ends sessions that are idle. Never within a transaction.
 */
final class LastingSession implements Session {
  private static final long TRUSTED_NANOS = Duration.ofMinutes(2).toNanos();

  private final Factory factory;
  private Session session;
  private long lastAnswer = System.nanoTime();
  private boolean failed;
  private boolean inTransaction;
  private long statements;

  LastingSession(Factory factory) throws SQLException {
    this.factory = factory;
    this.session = factory.open();
  }

  /** What is done in a session. */
  @FunctionalInterface
  private interface Act<T> {
    T in(Session session) throws SQLException;
  }

  /** How many statements were said so far. */
  long statements() {
    return statements;
  }

  private <T> T act(Act<T> act) throws SQLException {
    statements++;
    boolean doubtful = failed || System.nanoTime() - lastAnswer > TRUSTED_NANOS;
    if (doubtful && !inTransaction && !session.isOpen()) {
      session.close();
      session = factory.open();
    }
    failed = true;
    T answer = act.in(session);
    failed = false;
    lastAnswer = System.nanoTime();
    return answer;
  }

  @Override
  public long execute(String sql, List<String> values) throws SQLException {
    if (sql.equals("ROLLBACK")) {
      // whatever the answer, nothing of the transaction goes on
      inTransaction = false;
      failed = true;
      return session.execute(sql, values);
    }
    long changed = act(open -> open.execute(sql, values));
    if (sql.equals("BEGIN")) {
      inTransaction = true;
    } else if (sql.equals("COMMIT")) {
      inTransaction = false;
    }
    return changed;
  }

  @Override
  public <T> List<T> query(String sql, Row<T> row) throws SQLException {
    return act(open -> open.query(sql, row));
  }

  @Override
  public void put(Path file, String stageFolder) throws SQLException {
    act(
        open -> {
          open.put(file, stageFolder);
          return null;
        });
  }

  @Override
  public boolean isOpen() {
    return session.isOpen();
  }

  @Override
  public void close() {
    session.close();
  }
}
