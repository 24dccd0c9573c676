package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.api.source.SourceRequest;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import io.tidemark.postgres.slot.Anchor;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Capture from a real streaming standby, and capture that outlives the loss of its primary. */
class StandbyTest {
  private static final Version VERSION = Tried.version(Version.V18);

  private EmbeddedPostgres primary;
  private EmbeddedPostgres standby;
  private Capture capture;

  @BeforeEach
  void pair() throws Exception {
    primary = EmbeddedPostgres.start(VERSION);
    capture = new Capture(primary, "bank");
    capture.execute(
        "CREATE TABLE t (id int PRIMARY KEY, v text)",
        "INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 500) i",
        "CREATE PUBLICATION bank FOR TABLE t",
        "SELECT pg_create_physical_replication_slot('standby', true)");
    primary.stop();
    standby =
        EmbeddedPostgres.of(VERSION)
            .standbyOf(primary)
            .setting("primary_slot_name", "standby")
            .setting("hot_standby_feedback", "on")
            .setting("wal_receiver_status_interval", "1s")
            .start();
    primary.restart();
    capture.until(() -> ask(primary, "SELECT count(*) FROM pg_stat_replication").equals("1"));
    capture.with("publication.mode", "existing");
  }

  @AfterEach
  void end() throws SQLException {
    capture.close();
    standby.close();
    primary.close();
  }

  private static String ask(EmbeddedPostgres server, String sql) {
    try (Connection connection = server.connect();
        Statement statement = connection.createStatement();
        var row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A slot on a standby waits for what a primary says now and then, here at once. */
  private Thread sayWhatRuns() {
    Thread thread =
        new Thread(
            () -> {
              try (Connection connection = primary.connect();
                  Statement statement = connection.createStatement()) {
                while (!Thread.currentThread().isInterrupted()) {
                  statement.execute("SELECT pg_log_standby_snapshot()");
                  TimeUnit.MILLISECONDS.sleep(100);
                }
              } catch (SQLException | InterruptedException e) {
                // the primary ended, or the test wants no more
              }
            });
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private void promote() {
    assertThat(ask(standby, "SELECT pg_promote()")).isEqualTo("t");
    capture.server = standby;
  }

  private void untilReplayed() {
    String end = ask(primary, "SELECT pg_current_wal_flush_lsn()");
    try {
      capture.until(
          () ->
              ask(standby, "SELECT pg_last_wal_replay_lsn() >= '" + end + "'::pg_lsn").equals("t"));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aStandbyIsCopiedAndFollowedAlsoBeyondItsPromotion() throws Exception {
    Tried.needs(VERSION, Version.V16);
    capture.with("url", standby.uri("bank")).with("heartbeat.interval", "100ms");
    Thread saying = sayWhatRuns();
    capture.open();
    capture.untilMember("t");
    capture.execute("UPDATE t SET v = 'x' WHERE id < 50", "DELETE FROM t WHERE id > 490");
    capture.assertEqual("t");
    assertThat(capture.copy.notes).doesNotContainKey(Anchor.NOTE);
    saying.interrupt();
    saying.join();
    capture.crash();
    capture.execute("INSERT INTO t VALUES (1000, 'primary')");
    capture.assertEqual("t");
    untilReplayed();
    primary.stop();
    promote();
    capture.execute("INSERT INTO t VALUES (2000, 'promoted')");
    capture.assertEqual("t");
    // what can be written now is written, and the new timeline is known
    capture.until(() -> capture.copy.notes.containsKey(Anchor.NOTE));
    capture.until(
        () -> capture.copy.notes.get(PostgresSource.IDENTITY_NOTE).contains("\"timeline\":2"));
    capture.execute("UPDATE t SET v = 'y' WHERE id = 2000");
    capture.crash();
    capture.assertEqual("t");
  }

  @Test
  void aPromotionBelowTheTidemarkIsRefused() throws Exception {
    capture.open();
    capture.untilMember("t");
    untilReplayed();
    standby.stop();
    capture.execute("INSERT INTO t VALUES (1000, 'never replicated')");
    capture.assertEqual("t");
    capture.source.close();
    primary.stop();
    standby.restart();
    promote();
    capture.moveTo(standby);
    assertThat(capture.refusal())
        .hasMessageContaining("which left timeline 1 at")
        .hasMessageContaining("below the tidemark");
  }

  @Test
  void aFailoverSlotGoesOnAtThePromotedStandby() throws Exception {
    Tried.needs(VERSION, Version.V17);
    capture.execute("ALTER SYSTEM SET synchronized_standby_slots = 'standby'");
    primary.restart();
    capture.with("slot.failover", "true").with("heartbeat.interval", "100ms").open();
    capture.untilMember("t");
    capture.execute("UPDATE t SET v = 'x' WHERE id < 50");
    capture.assertEqual("t");
    capture.until(() -> synced());
    Lsn anchored = Anchor.fromJson(capture.copy.notes.get(Anchor.NOTE)).start();
    capture.execute("INSERT INTO t VALUES (1000, 'after the last synchronisation')");
    capture.assertEqual("t");
    capture.until(
        () -> anchored.isBefore(Anchor.fromJson(capture.copy.notes.get(Anchor.NOTE)).start()));
    capture.execute("UPDATE t SET v = 'not read before the crash' WHERE id > 400");
    untilReplayed();
    capture.source.close();
    primary.kill();
    promote();
    capture.moveTo(standby);
    capture.execute("INSERT INTO t VALUES (2000, 'promoted')");
    capture.open();
    capture.assertEqual("t");
    capture.crash();
    capture.execute("DELETE FROM t WHERE id = 2000");
    capture.assertEqual("t");
  }

  /**
   * The server keeps the stream back until the standby has it, and nothing keeps a copy back: it
   * reads what the standby never receives, above the place where the new timeline begins.
   */
  @ParameterizedTest
  @ValueSource(strings = {"running", "restarted"})
  void aCopyThatReadWhatTheStandbyNeverHadBeginsAgain(String source) throws Exception {
    Tried.needs(VERSION, Version.V17);
    capture.execute(
        "ALTER SYSTEM SET synchronized_standby_slots = 'standby'",
        "CREATE TABLE s (a int, v text)",
        "ALTER TABLE s REPLICA IDENTITY FULL",
        "INSERT INTO s SELECT i % 100, 's' FROM generate_series(1, 300) i",
        "ALTER PUBLICATION bank ADD TABLE s");
    primary.restart();
    try (Link link = new Link(primary.port())) {
      // t is copied in ranges of its key, s under one snapshot
      capture
          .with("port", Integer.toString(link.port()))
          .with("slot.failover", "true")
          .with("heartbeat.interval", "100ms")
          .with("snapshot.max-hold", "0s")
          .with("snapshot.chunk-rows", "50")
          .open();
      capture.untilMember("t", "s");
      capture.until(() -> synced());
      capture.assertEqual("t", "s");
      untilReplayed();
      Lsn received = Lsn.parse(ask(standby, "SELECT pg_last_wal_replay_lsn()"));
      standby.stop();
      Lsn copied = copyWhatIsNotReplicated();
      assertThat(capture.copy.position.lsn("bank")).isLessThanOrEqualTo(received);
      if (source.equals("restarted")) {
        capture.source.close();
        capture.copy.crash();
      }
      primary.kill();
      standby.restart();
      promote();
      link.leadTo(standby.port());
      capture.execute(
          "INSERT INTO t VALUES (2000, 'promoted')",
          "DELETE FROM t WHERE id = 450",
          "UPDATE s SET v = 'promoted' WHERE a < 5");
      assertThat(Lsn.parse(ask(standby, "SELECT pg_current_wal_insert_lsn()")))
          .as("commits of the new timeline, at positions below the copy's")
          .isLessThan(copied);
      if (source.equals("restarted")) {
        capture.open();
      }
      // a copy that begins below the other one would be taken for the earlier of the two
      capture.until(() -> capture.phase("t") == Phase.WAITING);
      capture.until(() -> capture.source.status().problem().orElse("").contains("has passed"));
      assertThat(List.of(capture.attempt("t"), capture.attempt("s"))).containsExactly(2, 2);
      capture.execute("CREATE TABLE more AS SELECT * FROM generate_series(1, 150000)");
      capture.untilCopied("t", 3);
      capture.untilCopied("s", 3);
      capture.assertEqual("t", "s");
      capture.crash();
      capture.execute("UPDATE t SET v = 'last' WHERE id < 20", "DELETE FROM s WHERE a = 50");
      capture.assertEqual("t", "s");
    }
  }

  /** Copies both tables again, and tells a position that lies below both copies. */
  private Lsn copyWhatIsNotReplicated() throws Exception {
    capture.execute(
        "CREATE TABLE filler AS SELECT * FROM generate_series(1, 50000)",
        "UPDATE t SET v = 'never replicated' WHERE id < 100",
        "DELETE FROM t WHERE id > 400",
        "UPDATE s SET v = 'never replicated' WHERE a > 90");
    Lsn below = Lsn.parse(ask(primary, "SELECT pg_current_wal_insert_lsn()"));
    for (String table : List.of("t", "s")) {
      capture.source.request(new SourceRequest.Recopy(TableName.parse(table)));
      capture.until(() -> capture.phase(table) == Phase.CATCHING_UP && capture.attempt(table) == 2);
    }
    assertThat(capture.current("t"))
        .contains("[1, never replicated]")
        .doesNotContain("[450, v450]");
    return below;
  }

  /**
   * Whether the slot has come to the standby for good; each call has it brought there. Others write
   * meanwhile: on an idle server the slot rests, also where the standby cannot take it over yet.
   */
  private boolean synced() {
    ask(primary, "SELECT pg_logical_emit_message(false, 'others', repeat('x', 100000))");
    ask(primary, "SELECT pg_log_standby_snapshot()");
    try {
      ask(standby, "SELECT pg_sync_replication_slots()");
    } catch (IllegalStateException e) {
      // the standby is not as far as the slot yet
      return false;
    }
    return ask(
            standby,
            "SELECT count(*) FROM pg_replication_slots"
                + " WHERE slot_name = 'bank' AND synced AND NOT temporary")
        .equals("1");
  }
}
