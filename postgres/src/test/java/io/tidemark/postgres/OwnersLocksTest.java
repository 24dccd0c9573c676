package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.api.source.SourceRequest;
import io.tidemark.embedded.Version;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * A table that its owner has locked, for as long as it may be: nothing but the table waits. The
 * time limit of questions is longer than the tests', so that none of them passes by it.
 */
class OwnersLocksTest {
  private static Capture capture(String database) throws SQLException {
    Capture capture = Capture.on(Version.V15, database).with("connect-timeout", "60s");
    capture.execute("CREATE TABLE t (id int PRIMARY KEY, v text)", "INSERT INTO t VALUES (1, 'a')");
    return capture;
  }

  private static Connection lock(Capture capture, String mode, String table) throws SQLException {
    Connection owner = capture.connect();
    owner.setAutoCommit(false);
    try (Statement statement = owner.createStatement()) {
      statement.execute("LOCK TABLE " + table + " IN " + mode + " MODE");
    }
    return owner;
  }

  @Test
  void aLockedPartitionThatCameLeavesTheStreamAlone() throws Exception {
    try (Capture capture = capture("leaf")) {
      capture.execute(
          "CREATE TABLE events (id int, part int, PRIMARY KEY (id, part)) PARTITION BY LIST (part)",
          "CREATE TABLE events_1 PARTITION OF events FOR VALUES IN (1)",
          "CREATE TABLE events_2 (LIKE events INCLUDING ALL)",
          "INSERT INTO events VALUES (1, 1)",
          "INSERT INTO events_2 VALUES (2, 2)");
      capture.with("tables.exclude", "public.events_2").open();
      capture.untilMember("t", "events");
      CompletableFuture<Connection> waiting;
      try (Connection attaching = lock(capture, "ACCESS EXCLUSIVE", "events_2");
          Statement statement = attaching.createStatement()) {
        statement.execute("ALTER TABLE events ATTACH PARTITION events_2 FOR VALUES IN (2)");
        waiting =
            CompletableFuture.supplyAsync(
                () -> {
                  try {
                    return lock(capture, "ACCESS EXCLUSIVE", "events_2");
                  } catch (SQLException e) {
                    throw new IllegalStateException(e);
                  }
                });
        capture.until(
            () -> capture.ask("SELECT count(*) FROM pg_locks WHERE NOT granted").equals("1"));
        attaching.commit();
      }
      try (Connection owner = waiting.get(60, TimeUnit.SECONDS)) {
        // for many looks at the catalog
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(4);
        for (int i = 2; System.nanoTime() - end < 0; i++) {
          capture.execute("INSERT INTO t VALUES (" + i + ", 'meanwhile')");
          capture.assertEqual("t");
        }
        assertThat(capture.phase("events")).isEqualTo(Phase.MEMBER);
        owner.rollback();
      }
      capture.until(() -> capture.copy.current(TableName.parse("events")).size() == 2);
      capture.untilMember("events");
      capture.assertEqual("t", "events");
    }
  }

  @Test
  void aLockedTableThatIsToBeCopiedKeepsNobodyElseWaiting() throws Exception {
    try (Capture capture = capture("locked")) {
      capture.execute("CREATE TABLE held (id int PRIMARY KEY)", "INSERT INTO held VALUES (1)");
      capture.open();
      capture.untilMember("t", "held");
      try (Connection owner = lock(capture, "ACCESS EXCLUSIVE", "held")) {
        capture.source.request(new SourceRequest.Recopy(TableName.parse("held")));
        capture.until(
            () -> capture.source.status().problem().orElse("").contains("older transactions"));
        // the reader has to look at the catalog for it
        capture.execute("ALTER TABLE t ADD COLUMN w int", "INSERT INTO t VALUES (2, 'b', 3)");
        capture.assertEqual("t");
        owner.rollback();
      }
      capture.untilMember("held");
      capture.assertEqual("t", "held");
    }
  }

  @Test
  void aStartThatCannotPublishALockedTableIsTriedAgain() throws Exception {
    try (Capture capture = capture("early")) {
      try (Connection owner = lock(capture, "SHARE UPDATE EXCLUSIVE", "t")) {
        TidemarkException refused = catchThrowableOfType(TidemarkException.class, capture::open);
        assertThat(refused.code()).isEqualTo(ErrorCode.SOURCE_UNREACHABLE);
        assertThat(refused)
            .hasMessageStartingWith("Cannot create publication early: ")
            .hasMessageContaining("locked");
        capture.source.close();
        owner.rollback();
      }
      capture.open();
      capture.untilMember("t");
    }
  }

  @Test
  void aLockedTableThatIsToBePublishedIsNoMatterOfRights() throws Exception {
    try (Capture capture = capture("late")) {
      capture.execute(
          "CREATE TABLE held (id int PRIMARY KEY)", "CREATE PUBLICATION late FOR TABLE t");
      try (Connection owner = lock(capture, "SHARE UPDATE EXCLUSIVE", "held")) {
        capture.open();
        capture.untilMember("t");
        capture.until(() -> capture.source.status().problem().isPresent());
        assertThat(capture.source.status().problem().orElse(""))
            .contains("locked by somebody else")
            .doesNotContain("role");
        owner.rollback();
      }
      capture.untilMember("held");
    }
  }

  @Test
  void aPreparedTransactionInTheWayIsNamed() throws Exception {
    try (Capture capture = capture("prepared")) {
      capture.execute("BEGIN; INSERT INTO t VALUES (2, 'p'); PREPARE TRANSACTION 'left behind'");
      capture.source = new PostgresSource(capture.config(), Map.of());
      CompletableFuture<Void> opening =
          CompletableFuture.runAsync(() -> capture.source.open(capture.copy.resumePoint()));
      try {
        capture.until(
            () ->
                opening.isDone()
                    || capture.source.status().problem().orElse("").contains("to create slot"));
        assertThat(capture.source.status().problem().orElse(""))
            .contains("prepared transaction 'left behind'");
      } finally {
        capture.execute("COMMIT PREPARED 'left behind'");
      }
      opening.get(60, TimeUnit.SECONDS);
      capture.untilMember("t");
      capture.assertEqual("t");
    }
  }
}
