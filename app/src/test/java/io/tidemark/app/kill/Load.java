package io.tidemark.app.kill;

import io.tidemark.app.bank.BankGenerator;
import io.tidemark.app.bank.BankSchema;
import io.tidemark.embedded.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** A bank and the odd tables at work, on threads of their own, through restarts of the server. */
final class Load implements AutoCloseable {
  private static final long PAUSE_NANOS = 8_000_000;

  private final EmbeddedPostgres server;
  private final long seed;
  private final double bankRate;
  private final AtomicLong oddTransactions = new AtomicLong();
  private final Thread bank = new Thread(this::runBank, "load-bank");
  private final Thread odd = new Thread(this::runOdd, "load-odd");
  private volatile BankGenerator generator;
  private volatile boolean stopped;

  Load(EmbeddedPostgres server, long seed, double bankRate) {
    this.server = server;
    this.seed = seed;
    this.bankRate = bankRate;
  }

  void start() {
    bank.start();
    odd.start();
  }

  /** Transactions on the odd tables so far. */
  long oddTransactions() {
    return oddTransactions.get();
  }

  private void runBank() {
    long round = 0;
    while (!stopped) {
      try (BankGenerator work =
          new BankGenerator(this::connect, new BankSchema("public"), seed + round++)) {
        generator = work;
        work.open();
        work.run(bankRate);
      } catch (SQLException | RuntimeException e) {
        LockSupport.parkNanos(PAUSE_NANOS * 20); // the server is restarting
      }
    }
  }

  private Connection connect() {
    try {
      return server.connect();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private void runOdd() {
    Random random = new Random(seed);
    while (!stopped) {
      try (Connection db = server.connect()) {
        db.setAutoCommit(false);
        while (!stopped) {
          oneOdd(db, random);
          LockSupport.parkNanos(PAUSE_NANOS);
        }
      } catch (SQLException e) {
        LockSupport.parkNanos(PAUSE_NANOS * 20); // the server is restarting
      }
    }
  }

  /**
   * A statement may fail by the DDL beside it (a column just gone, a deadlock): then nothing of it
   * counts.
   */
  private void oneOdd(Connection db, Random random) throws SQLException {
    try {
      OddTables.change(db, random);
      if (random.nextInt(3) == 0) {
        OddTables.change(db, random);
      }
      db.commit();
      oddTransactions.incrementAndGet();
    } catch (SQLException e) {
      db.rollback();
    }
  }

  @Override
  public void close() throws InterruptedException {
    stopped = true;
    if (generator != null) {
      generator.stop();
    }
    bank.join();
    odd.join();
  }
}
