package io.tidemark.bench;

import io.tidemark.api.model.Lsn;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A table and a load of changes on it. Everything is written by the server itself, so that loading
 * is quick and alike.
 */
enum Workload {
  /** Transactions of four inserts. */
  SMALL("bench_small") {
    @Override
    void change(Connection db, long rows) throws SQLException {
      inCommits(db, rows / 4, "INSERT INTO bench_small " + transactions("i * 4", "i * 4 + 3"));
    }

    @Override
    long changed(long rows) {
      return rows / 4 * 4;
    }
  },
  /** One transaction of inserts. */
  LARGE("bench_large") {
    @Override
    void change(Connection db, long rows) throws SQLException {
      run(db, "INSERT INTO bench_large " + transactions("1", String.valueOf(rows)));
    }
  },
  /** Updates of existing rows, a hundred in a transaction. */
  UPDATES("bench_updates") {
    @Override
    void prepare(Connection db, long rows) throws SQLException {
      super.prepare(db, rows);
      run(db, "INSERT INTO bench_updates " + transactions("0", String.valueOf(rows - 1)));
      run(db, "ALTER TABLE bench_updates ADD PRIMARY KEY (id)");
    }

    @Override
    void change(Connection db, long rows) throws SQLException {
      inCommits(
          db,
          rows / 100,
          "UPDATE bench_updates SET amount = amount + 1, status = 'REFUSED'"
              + " WHERE id BETWEEN i * 100 AND i * 100 + 99");
    }

    @Override
    long changed(long rows) {
      return rows / 100 * 100;
    }
  },
  /** Rows of 60 columns of mixed types, ten in a transaction; a fifth of the rows of the others. */
  WIDE("bench_wide") {
    @Override
    void prepare(Connection db, long rows) throws SQLException {
      run(db, "CREATE TABLE bench_wide (id bigint, " + columns("c%d %s") + ")");
    }

    @Override
    void change(Connection db, long rows) throws SQLException {
      inCommits(
          db,
          rows / WIDE_SHARE / 10,
          "INSERT INTO bench_wide SELECT g, "
              + columns("%2$s")
              + " FROM generate_series(i * 10, i * 10 + 9) g");
    }

    @Override
    long changed(long rows) {
      return rows / WIDE_SHARE / 10 * 10;
    }

    private String columns(String form) {
      List<String> types =
          List.of("bigint", "integer", "text", "numeric(12,2)", "timestamptz", "boolean");
      List<String> values =
          List.of(
              "g * 7",
              "(g %% 1000)::int",
              "'value ' || g %% 5000",
              "(g %% 100000) / 100.0",
              "now()",
              "g %% 2 = 0");
      List<String> parts = form.contains("%2$s") ? values : types;
      return IntStream.range(1, 60)
          .mapToObj(n -> String.format(form, n, parts.get(n % parts.size()).replace("%%", "%")))
          .collect(Collectors.joining(", "));
    }
  };

  /** How many times fewer rows {@link #WIDE} has. */
  static final int WIDE_SHARE = 5;

  private static final String TRANSACTIONS =
      """
      (id bigint, account_id bigint, txn_type text, amount numeric(12,2), related_account_id bigint, status text,
       created_at timestamptz)""";

  private final String table;

  Workload(String table) {
    this.table = table;
  }

  /** The table, in schema public. */
  String table() {
    return table;
  }

  /** The lower-case word in reports. */
  String word() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }

  /** Makes the table and what it holds before anything is measured. */
  void prepare(Connection db, long rows) throws SQLException {
    createTransactions(db, table);
  }

  /** Makes a table of the seven columns of {@link #transactions}. */
  static void createTransactions(Connection db, String table) throws SQLException {
    run(db, "CREATE TABLE " + table + TRANSACTIONS);
  }

  /**
   * Writes the changes, and one row in a transaction of its own behind them.
   *
   * @return a place in the log between the two
   */
  final Lsn load(Connection db, long rows) throws SQLException {
    run(db, "SET synchronous_commit = off"); // no reader pays for the disk's flushes of the load
    change(db, rows);
    run(db, "SET synchronous_commit = on");
    Lsn before;
    try (Statement statement = db.createStatement();
        ResultSet result = statement.executeQuery("SELECT pg_current_wal_insert_lsn()")) {
      result.next();
      before = Lsn.parse(result.getString(1));
    }
    run(db, "INSERT INTO " + table + " (id) SELECT least(min(id), 0) - 1 FROM " + table);
    return before;
  }

  /** How many row changes {@link #load} makes. */
  final long changes(long rows) {
    return changed(rows) + 1;
  }

  /** Writes the changes alone. */
  abstract void change(Connection db, long rows) throws SQLException;

  long changed(long rows) {
    return rows;
  }

  /**
   * Seven columns of rows numbered from one number to another, as the bank of the demo has them.
   */
  static String transactions(String from, String to) {
    return """
        SELECT g, g %% 50000, (ARRAY['DEPOSIT','WITHDRAWAL','TRANSFER'])[1 + g %% 3], (g %% 1000000) / 100.0,
          CASE WHEN g %% 3 = 2 THEN g %% 40000 END, CASE WHEN g %% 20 = 0 THEN 'REFUSED' ELSE 'COMPLETED' END,
          timestamptz '2026-01-01' + g * interval '1 second'
        FROM generate_series(%s, %s) g"""
        .formatted(from, to);
  }

  private static void inCommits(Connection db, long commits, String statement) throws SQLException {
    run(
        db,
        "DO $$ BEGIN FOR i IN 0.."
            + (commits - 1)
            + " LOOP "
            + statement
            + "; COMMIT; END LOOP; END $$");
  }

  static void run(Connection db, String sql) throws SQLException {
    try (Statement statement = db.createStatement()) {
      statement.execute(sql);
    }
  }
}
