package io.tidemark.postgres.stream;

import io.tidemark.embedded.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;

/**
 * Several sessions that work on the same tables in turns, each on keys of its own: large
 * statements, savepoints that are released or rolled back, whole transactions that are rolled back.
 */
final class RandomLoad implements AutoCloseable {
  private static final List<String> TABLES = List.of("t", "f", "d");
  private static final int KEYS = 100_000;

  private final Random random;
  private final List<Session> sessions = new ArrayList<>();
  private int rolledBack;

  RandomLoad(EmbeddedPostgres server, Random random, int count) throws SQLException {
    this.random = random;
    for (int i = 0; i < count; i++) {
      Connection connection = server.connect();
      connection.setAutoCommit(false);
      sessions.add(new Session(connection, i * KEYS));
    }
  }

  private final class Session {
    private final Connection connection;
    private final int base;
    private final Deque<String> savepoints = new ArrayDeque<>();
    private int next;
    private int names;

    Session(Connection connection, int base) {
      this.connection = connection;
      this.base = base;
    }

    void step() throws SQLException {
      int choice = random.nextInt(100);
      if (choice < 35) {
        insert();
      } else if (choice < 50) {
        update();
      } else if (choice < 58) {
        run("DELETE FROM " + table() + some());
      } else if (choice < 70) {
        savepoints.push("s" + names++);
        run("SAVEPOINT " + savepoints.peek());
      } else if (choice < 78) {
        leave("RELEASE SAVEPOINT ");
      } else if (choice < 92) {
        leave("ROLLBACK TO SAVEPOINT ");
      } else {
        end();
      }
    }

    private void insert() throws SQLException {
      int rows = 1 + random.nextInt(random.nextInt(4) == 0 ? 1500 : 30);
      int from = base + next;
      next += rows;
      String values =
          switch (table()) {
            case "t" -> "t SELECT i, md5(i::text), i / 8.0";
            case "f" -> "f SELECT i, NULLIF(i % 3, 1)::text, md5(i::text)";
            default ->
                "d SELECT i, 'd', (SELECT string_agg(md5((i + j)::text), '') FROM"
                    + " generate_series(1, 80) j)";
          };
      run(
          "INSERT INTO "
              + values
              + " FROM generate_series("
              + from
              + ","
              + (from + rows - 1)
              + ") i");
    }

    private void update() throws SQLException {
      String table = table();
      if (random.nextInt(4) == 0) {
        // Moves keys: the old ones disappear.
        run(
            "UPDATE "
                + table
                + " SET id = id + "
                + KEYS / 2
                + some()
                + " AND id < "
                + (base + KEYS / 2));
      } else {
        run("UPDATE " + table + " SET v = v || '+'" + some());
      }
    }

    /** Some of the session's own rows, those near the newest. */
    private String some() {
      int to = base + next - random.nextInt(200);
      return " WHERE id BETWEEN " + Math.max(base, to - random.nextInt(300)) + " AND " + to;
    }

    private void leave(String how) throws SQLException {
      if (!savepoints.isEmpty()) {
        int deep = random.nextInt(savepoints.size());
        for (int i = 0; i < deep; i++) {
          savepoints.pop();
        }
        run(how + savepoints.peek());
        if (how.startsWith("ROLLBACK")) {
          rolledBack++;
        } else {
          savepoints.pop();
        }
      }
    }

    private void end() throws SQLException {
      savepoints.clear();
      if (random.nextInt(4) == 0) {
        connection.rollback();
        rolledBack++;
      } else {
        connection.commit();
      }
    }

    private void run(String sql) throws SQLException {
      try (Statement statement = connection.createStatement()) {
        statement.execute(sql);
      }
    }
  }

  /** Does a number of steps, each in a session at random. */
  void run(int steps) throws SQLException {
    for (int i = 0; i < steps; i++) {
      sessions.get(random.nextInt(sessions.size())).step();
    }
  }

  /** Commits what is open. */
  void commit() throws SQLException {
    for (Session session : sessions) {
      session.connection.commit();
    }
  }

  @Override
  public void close() throws SQLException {
    for (Session session : sessions) {
      session.connection.close();
    }
  }

  /** How often something was rolled back. */
  int rolledBack() {
    return rolledBack;
  }

  private String table() {
    return TABLES.get(random.nextInt(TABLES.size()));
  }
}
