package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A random load of every kind beside copies in tiny key ranges, with kills in the middle. */
class KeyCopyLoadTest {
  private static final int ROWS = 6000;
  private static final int MOST_ID = 20_000;

  @Test
  void everyValueIsRightWhateverHappensBeside() throws Exception {
    long seed = Long.getLong("tidemark.seed", System.nanoTime());
    System.out.println("seed " + seed);
    try (EmbeddedPostgres server =
            EmbeddedPostgres.of(Version.V18)
                .setting("max_prepared_transactions", "20")
                .setting("logical_decoding_work_mem", "64kB")
                .start();
        Capture capture = new Capture(server, "k_load")) {
      capture.execute(
          "CREATE TABLE t (id int PRIMARY KEY, n int, v text, doc text)",
          "ALTER TABLE t ALTER COLUMN doc SET STORAGE EXTERNAL",
          "ALTER TABLE t REPLICA IDENTITY FULL",
          "CREATE TABLE d (id int PRIMARY KEY, n int, v text)",
          "INSERT INTO t SELECT i * 3, i, 'v' || i, CASE WHEN i % 50 = 0 THEN repeat(md5(i::text),"
              + " 90) END FROM generate_series(1, "
              + ROWS
              + ") i",
          "INSERT INTO d SELECT i * 3, i, 'v' || i FROM generate_series(1, " + ROWS + ") i");
      capture
          .with("snapshot.max-hold", "0s")
          .with("snapshot.chunk-rows", "40")
          .with("snapshot.workers", "3")
          .with("queue.memory", "64KiB");
      List<Writer> writers = new ArrayList<>();
      List<CompletableFuture<Void>> running = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        Writer writer = new Writer(server, new Random(seed + i), i);
        writers.add(writer);
        running.add(CompletableFuture.runAsync(writer));
      }
      Random random = new Random(seed);
      capture.open();
      for (int kill = 0; kill < 5; kill++) {
        int ranges = 5 + random.nextInt(40);
        String before = ledgers(capture);
        capture.until(() -> isSettled(capture) || !ledgers(capture).equals(before));
        for (int i = 0; i < ranges * 5; i++) {
          capture.step();
        }
        if (kill == 2) {
          server.execute(
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                  + " WHERE application_name = 'tidemark' AND pid <> pg_backend_pid()");
        }
        capture.crash();
      }
      capture.untilMember("t", "d");
      writers.forEach(writer -> writer.stop = true);
      for (CompletableFuture<Void> one : running) {
        while (!one.isDone()) {
          capture.step();
        }
        one.join();
      }
      capture.assertEqual("t", "d");
      assertThat(capture.copy.notes.keySet()).noneMatch(note -> note.startsWith("keys/"));
    }
  }

  private static String ledgers(Capture capture) {
    return capture.copy.notes.getOrDefault("keys/public.t", "")
        + capture.copy.notes.getOrDefault("keys/public.d", "");
  }

  private static boolean isSettled(Capture capture) {
    return capture.phase("t") == io.tidemark.api.model.TableState.Phase.MEMBER
        && capture.phase("d") == io.tidemark.api.model.TableState.Phase.MEMBER;
  }

  /** Transactions of one to many statements over both tables; some are open for long. */
  private static final class Writer implements Runnable {
    private final EmbeddedPostgres server;
    private final Random random;
    private final int number;
    private int prepared;
    volatile boolean stop;

    Writer(EmbeddedPostgres server, Random random, int number) {
      this.server = server;
      this.random = random;
      this.number = number;
    }

    @Override
    public void run() {
      try (Connection connection = server.connect("k_load");
          Statement statement = connection.createStatement()) {
        statement.execute("SET lock_timeout = '500ms'; SET deadlock_timeout = '100ms'");
        while (!stop) {
          try {
            transaction(statement);
          } catch (SQLException e) {
            // a key that is there already, a lock, a deadlock: as in life
            statement.execute("ROLLBACK");
          }
        }
      } catch (SQLException | InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    private void transaction(Statement statement) throws SQLException, InterruptedException {
      statement.execute("BEGIN");
      int statements = random.nextInt(10) == 0 ? 40 : 1 + random.nextInt(5);
      for (int i = 0; i < statements; i++) {
        if (random.nextInt(6) == 0) {
          statement.execute("SAVEPOINT s");
          change(statement);
          statement.execute(random.nextBoolean() ? "ROLLBACK TO s" : "RELEASE s");
        } else {
          change(statement);
        }
        if (random.nextInt(30) == 0) {
          // open across the borders of many ranges
          Thread.sleep(150);
        }
      }
      if (random.nextInt(12) == 0) {
        String name = "'p" + number + "_" + prepared++ + "'";
        statement.execute("PREPARE TRANSACTION " + name);
        Thread.sleep(random.nextInt(100));
        statement.execute((random.nextInt(4) == 0 ? "ROLLBACK" : "COMMIT") + " PREPARED " + name);
      } else {
        statement.execute(random.nextInt(8) == 0 ? "ROLLBACK" : "COMMIT");
      }
    }

    private void change(Statement statement) throws SQLException {
      String table = random.nextInt(3) == 0 ? "d" : "t";
      int id = random.nextInt(MOST_ID);
      int other = random.nextInt(MOST_ID);
      int n = random.nextInt();
      statement.execute(
          switch (random.nextInt(7)) {
            case 0 ->
                "INSERT INTO "
                    + table
                    + " VALUES ("
                    + id
                    + ", "
                    + n
                    + ", 'i')"
                    + " ON CONFLICT (id) DO UPDATE SET n = excluded.n";
            case 1 -> "DELETE FROM " + table + " WHERE id BETWEEN " + id + " AND " + (id + 5);
            case 2, 3 ->
                "UPDATE "
                    + table
                    + " SET n = "
                    + n
                    + " WHERE id BETWEEN "
                    + id
                    + " AND "
                    + (id + 40);
            case 4 ->
                "UPDATE "
                    + table
                    + " SET id = "
                    + other
                    + " WHERE id = (SELECT min(id) FROM "
                    + table
                    + " WHERE id >= "
                    + id
                    + ") AND NOT EXISTS (SELECT FROM "
                    + table
                    + " WHERE id = "
                    + other
                    + ")";
            case 5 -> "UPDATE " + table + " SET v = v || 'x' WHERE id % 97 = " + id % 97;
            default ->
                table.equals("t")
                    ? "UPDATE t SET doc = repeat(md5('" + n + "'), 90) WHERE id = " + id
                    : "UPDATE d SET id = -id WHERE id BETWEEN " + id + " AND " + (id + 3);
          });
    }
  }
}
