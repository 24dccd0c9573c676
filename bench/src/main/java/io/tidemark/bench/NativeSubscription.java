package io.tidemark.bench;

import io.tidemark.api.model.Lsn;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.locks.LockSupport;

/**
 * The peer of a copy in PostgreSQL: its own logical replication, a subscription in binary form with
 * all else at its default (its commits do not wait for the disk then, Tidemark's do). What is
 * measured ends when the copy can be read, not when it is on disk. Its work is done by the servers,
 * so there is no CPU time of its own.
 */
final class NativeSubscription implements Reader {
  private static final String NAME = "bench";
  private static final long LOOK_NANOS = 1_000_000;

  private final boolean snapshot;

  private NativeSubscription(boolean snapshot) {
    this.snapshot = snapshot;
  }

  /** Applies the changes of a slot. */
  static NativeSubscription stream() {
    return new NativeSubscription(false);
  }

  /** Copies the rows of a table. */
  static NativeSubscription snapshot() {
    return new NativeSubscription(true);
  }

  /** Copies the table as it is, and stands still then. */
  @Override
  public void join(Job job) throws SQLException {
    try (Connection source = DriverManager.getConnection(job.url());
        Connection target = DriverManager.getConnection(job.target())) {
      createTable(source, target, job);
      subscribe(source, target, job);
      await(target, "SELECT srsubstate = 'r' FROM pg_subscription_rel");
      Workload.run(target, "ALTER SUBSCRIPTION " + NAME + " DISABLE");
      await(
          source,
          "SELECT NOT active FROM pg_replication_slots WHERE slot_name = '" + job.slot() + "'");
    }
  }

  @Override
  public Measure read(Job job) throws SQLException {
    Measure measure = snapshot ? copy(job) : drain(job);
    try (Connection target = DriverManager.getConnection(job.target())) {
      Workload.run(target, "DROP SUBSCRIPTION " + NAME);
    }
    return measure.ofOthers();
  }

  private static Measure copy(Job job) throws SQLException {
    try (Connection source = DriverManager.getConnection(job.url());
        Connection target = DriverManager.getConnection(job.target())) {
      createTable(source, target, job);
      Measure.Clock clock = new Measure.Clock();
      clock.start();
      subscribe(source, target, job);
      await(target, "SELECT srsubstate IN ('f', 's', 'r') FROM pg_subscription_rel");
      return clock.stop(job.changes());
    }
  }

  private static Measure drain(Job job) throws SQLException {
    try (Connection source = DriverManager.getConnection(job.url());
        Connection target = DriverManager.getConnection(job.target())) {
      Measure.Clock clock = new Measure.Clock();
      String start =
          one(
              source,
              "SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = '"
                  + job.slot()
                  + "'");
      Workload.run(target, "ALTER SUBSCRIPTION " + NAME + " ENABLE");
      await(
          target,
          "SELECT coalesce(max(received_lsn) > '%s', false) FROM pg_stat_subscription WHERE subid = (%s)"
              .formatted(start, MINE));
      clock.start();
      await(target, "SELECT '%s' < (%s)".formatted(job.before(), APPLIED));
      return clock.stop(job.changes());
    }
  }

  private static final String MINE =
      "SELECT oid FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database WHERE datname ="
          + " current_database())";

  /** Up to where the subscription of this database has applied the source's log. */
  private static final String APPLIED =
      "SELECT coalesce((SELECT remote_lsn FROM pg_replication_origin_status WHERE external_id = 'pg_'"
          + " || ("
          + MINE
          + ")), '0/0')";

  /** A subscription that is followed while commits come. */
  static FollowedCopy follow(Job job) throws SQLException {
    try (Connection source = DriverManager.getConnection(job.url());
        Connection target = DriverManager.getConnection(job.target())) {
      createTable(source, target, job);
      subscribe(source, target, job);
      await(target, "SELECT srsubstate = 'r' FROM pg_subscription_rel");
    }
    Connection target = DriverManager.getConnection(job.target());
    return new FollowedCopy() {
      @Override
      public Lsn tidemark() throws SQLException {
        return Lsn.parse(one(target, APPLIED));
      }

      @Override
      public void close() throws SQLException {
        Workload.run(target, "DROP SUBSCRIPTION " + NAME);
        target.close();
      }
    };
  }

  private static void createTable(Connection source, Connection target, Job job)
      throws SQLException {
    Workload.createTransactions(target, job.table());
    String hasKey =
        "SELECT EXISTS (SELECT FROM pg_constraint WHERE contype = 'p' AND conrelid = '"
            + job.table()
            + "'::regclass)";
    if (one(source, hasKey).equals("t")) {
      Workload.run(target, "ALTER TABLE " + job.table() + " ADD PRIMARY KEY (id)");
    }
  }

  private static void subscribe(Connection source, Connection target, Job job) throws SQLException {
    String port = one(source, "SELECT inet_server_port()");
    Workload.run(
        target,
        "CREATE SUBSCRIPTION %s CONNECTION 'host=127.0.0.1 port=%s dbname=postgres user=%s password=%s' PUBLICATION %s WITH (slot_name = '%s', binary = true)"
            .formatted(NAME, port, job.user(), job.password(), job.publication(), job.slot()));
  }

  /** Waits until a question is answered by true. */
  private static void await(Connection db, String question) throws SQLException {
    while (!"t".equals(one(db, question))) {
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }

  private static String one(Connection db, String question) throws SQLException {
    try (Statement statement = db.createStatement();
        ResultSet result = statement.executeQuery(question)) {
      return result.next() ? result.getString(1) : null;
    }
  }
}
