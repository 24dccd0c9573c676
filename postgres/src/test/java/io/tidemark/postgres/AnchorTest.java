package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.Lsn;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import io.tidemark.postgres.doctor.Doctor;
import io.tidemark.postgres.slot.Anchor;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The log is known again by its content: rules 3, 4 and 5 of the promise. */
class AnchorTest {
  private static final Version VERSION = Tried.version(Version.V18);

  private static Capture capture(String database) throws Exception {
    return Capture.on(VERSION, database).withTable(50);
  }

  private static Capture capture(EmbeddedPostgres on, String database) throws Exception {
    return new Capture(on, database).withTable(50);
  }

  private static Lsn confirmed(Capture capture) {
    return Lsn.parse(
        capture.ask(
            "SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = '"
                + capture.database
                + "'"));
  }

  private static Anchor stored(Capture capture) {
    return Anchor.fromJson(capture.copy.notes.get(Anchor.NOTE));
  }

  private static void untilAnchored(Capture capture) throws Exception {
    capture.until(() -> capture.copy.notes.containsKey(Anchor.NOTE));
  }

  @Test
  void isReadAgainFromTheAnchorAndNothingComesTwice() throws Exception {
    try (Capture capture = capture("again").with("heartbeat.interval", "100ms")) {
      capture.open();
      capture.untilMember("t");
      untilAnchored(capture);
      for (int round = 1; round <= 4; round++) {
        capture.execute(
            "UPDATE t SET v = v || 'x' WHERE id % 3 = " + round % 3,
            "INSERT INTO t VALUES (" + (100 + round) + ", 'new')");
        capture.catchUp();
        assertThat(confirmed(capture)).isLessThanOrEqualTo(stored(capture).start());
        assertThat(stored(capture).start())
            .isLessThanOrEqualTo(capture.copy.position.lsn(capture.database));
        capture.crash();
        capture.execute("DELETE FROM t WHERE id = " + round);
      }
      capture.assertEqual("t");
    }
  }

  /** Without an anchor the slot is confirmed up to the tidemark: reading cannot begin below it. */
  @Test
  void aMessageWrittenBelowTheTidemarkBecomesNoAnchor() {
    Anchors anchors = new Anchors("s", "p", Optional.empty());
    anchors.abandon();
    anchors.at(Lsn.parse("0/100"));
    assertThat(anchors.confirmable(Lsn.parse("0/100"))).isEqualTo(Lsn.parse("0/100"));
    message(anchors, "0/F0", "0/120", "0/100");
    assertThat(anchors.at(Lsn.parse("0/130"))).isEmpty();
    assertThat(anchors.readFrom(Lsn.parse("0/130"))).isEqualTo(Lsn.parse("0/130"));
    // another boundary comes between the message's start and its place
    message(anchors, "0/140", "0/160", "0/130");
    assertThat(anchors.at(Lsn.parse("0/150"))).isEmpty();
    assertThat(anchors.at(Lsn.parse("0/170"))).isEmpty();
    message(anchors, "0/170", "0/190", "0/170");
    assertThat(anchors.at(Lsn.parse("0/200")).orElseThrow()).isPresent();
    assertThat(anchors.readFrom(Lsn.parse("0/200"))).isEqualTo(Lsn.parse("0/170"));
    assertThat(anchors.confirmable(Lsn.parse("0/200"))).isEqualTo(Lsn.parse("0/170"));
  }

  private static void message(Anchors anchors, String from, String lsn, String tidemark) {
    String content = anchors.next() + " " + from;
    anchors.message(Lsn.parse(lsn), content.getBytes(StandardCharsets.UTF_8), Lsn.parse(tidemark));
  }

  @Test
  void theSlotMovesOnWhereOnlyOthersWrite() throws Exception {
    try (Capture capture = capture("others").with("heartbeat.interval", "100ms")) {
      capture.execute("CREATE SCHEMA other", "CREATE TABLE other.noise (a int)");
      capture.with("tables.include", "public.*").open();
      capture.untilMember("t");
      untilAnchored(capture);
      Lsn before = confirmed(capture);
      capture.execute("INSERT INTO other.noise SELECT * FROM generate_series(1, 10000)");
      capture.until(() -> confirmed(capture).minus(before) > 500_000);
    }
  }

  @Test
  void anIdleServerComesToRest() throws Exception {
    try (EmbeddedPostgres own = EmbeddedPostgres.start(VERSION);
        Capture capture = capture(own, "rest").with("heartbeat.interval", "10ms")) {
      capture.open();
      capture.untilMember("t");
      capture.execute("INSERT INTO t VALUES (100, 'last')");
      capture.assertEqual("t");
      untilAnchored(capture);
      capture.until(() -> confirmed(capture).equals(stored(capture).start()));
      String size = "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn";
      long before = Long.parseLong(capture.ask(size));
      // two hundred intervals: as many messages would be more than 16 KiB
      for (int i = 0; i < 40; i++) {
        capture.step();
      }
      assertThat(Long.parseLong(capture.ask(size)) - before).isLessThan(8_000);
    }
  }

  @Test
  void aCloneThatRanOnByItselfIsAnotherHistory() throws Exception {
    try (EmbeddedPostgres original = EmbeddedPostgres.start(VERSION);
        Capture capture = capture(original, "clone").with("heartbeat.interval", "100ms")) {
      capture.open();
      capture.untilMember("t");
      untilAnchored(capture);
      original.stop();
      try (EmbeddedPostgres clone = EmbeddedPostgres.of(VERSION).copyOf(original).start()) {
        original.restart();
        Lsn forked = stored(capture).start();
        capture.execute("INSERT INTO t SELECT i, 'original' FROM generate_series(100, 200) i");
        capture.until(() -> forked.isBefore(stored(capture).start()));
        capture.assertEqual("t");
        capture.source.close();
        runOn(capture, clone);
        assertThat(capture.refusal())
            .hasMessageContaining("does not hold at " + stored(capture).place())
            .hasMessageContaining("another history");
        // the original goes on as if nothing had been tried
        capture.moveTo(original).open();
        capture.execute("INSERT INTO t VALUES (300, 'still here')");
        capture.assertEqual("t");
      }
    }
  }

  @Test
  void aCloneThatForkedBehindTheAnchorIsFoundByTheLastCommit() throws Exception {
    try (EmbeddedPostgres original = EmbeddedPostgres.start(VERSION);
        Capture capture = capture(original, "tail").with("heartbeat.interval", "1h")) {
      capture.open();
      capture.untilMember("t");
      untilAnchored(capture);
      original.stop();
      try (EmbeddedPostgres clone = EmbeddedPostgres.of(VERSION).copyOf(original).start()) {
        original.restart();
        Anchor anchor = stored(capture);
        capture.execute("INSERT INTO t SELECT i, 'original' FROM generate_series(100, 200) i");
        capture.assertEqual("t");
        capture.source.close();
        assertThat(stored(capture).start()).isEqualTo(anchor.start());
        assertThat(stored(capture).commit()).isNotEqualTo(anchor.commit());
        runOn(capture, clone);
        assertThat(capture.refusal()).hasMessageContaining("another history");
      }
    }
  }

  @Test
  void aCloneOfTheSameHistoryIsFollowed() throws Exception {
    try (EmbeddedPostgres original = EmbeddedPostgres.start(VERSION);
        Capture capture = capture(original, "same").with("heartbeat.interval", "1h")) {
      capture.open();
      capture.untilMember("t");
      untilAnchored(capture);
      capture.execute("UPDATE t SET v = 'seen' WHERE id < 20");
      capture.assertEqual("t");
      capture.source.close();
      original.stop();
      try (EmbeddedPostgres clone = EmbeddedPostgres.of(VERSION).copyOf(original).start()) {
        capture.moveTo(clone);
        capture.execute("UPDATE t SET v = 'there' WHERE id > 30");
        capture.open();
        capture.assertEqual("t");
      }
    }
  }

  /** Lets a clone write other rows until its log is longer than the copy's. */
  private static void runOn(Capture capture, EmbeddedPostgres clone) throws Exception {
    Lsn tidemark = capture.copy.position.lsn(capture.database);
    capture.moveTo(clone);
    int id = 1_000;
    do {
      capture.execute("INSERT INTO t VALUES (" + id++ + ", repeat('clone', 100))");
    } while (Lsn.parse(capture.ask("SELECT pg_current_wal_insert_lsn()")).minus(tidemark) < 4_096);
  }

  @Test
  void aDestinationThatWentBackBelowTheConfirmedAnchorIsRefused() throws Exception {
    try (Capture capture = capture("back").with("heartbeat.interval", "100ms")) {
      capture.open();
      capture.untilMember("t");
      untilAnchored(capture);
      Map<String, String> notes = Map.copyOf(capture.copy.notes);
      var position = capture.copy.position;
      Lsn before = stored(capture).start();
      capture.execute("INSERT INTO t VALUES (100, 'x')");
      capture.assertEqual("t");
      capture.until(() -> before.isBefore(confirmed(capture)));
      capture.source.close();
      capture.copy.notes.clear();
      capture.copy.notes.putAll(notes);
      capture.copy.position = position;
      assertThat(capture.refusal()).hasMessageContaining("the destination went back");
    }
  }

  @Test
  void aRoleThatMayNotWriteMessagesRunsWithoutAnchor() throws Exception {
    try (Capture capture = capture("mute").with("heartbeat.interval", "100ms")) {
      capture.execute(
          "DO $$ DECLARE f regprocedure; BEGIN FOR f IN SELECT oid::regprocedure FROM pg_proc"
              + " WHERE proname = 'pg_logical_emit_message' LOOP"
              + " EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f); END LOOP; END $$",
          "CREATE ROLE mute_role LOGIN REPLICATION PASSWORD 'mute'",
          "GRANT SELECT ON t TO mute_role",
          "CREATE PUBLICATION made FOR TABLE t");
      capture
          .with("user", "mute_role")
          .with("password", "mute")
          .with("publication", "made")
          .with("publication.mode", "existing");
      assertThat(new Doctor(capture.config(), Map.of()).examine())
          .anyMatch(
              finding ->
                  finding.check().equals("anchor")
                      && finding.remedy().contains("GRANT EXECUTE ON FUNCTION"));
      capture.open();
      capture.untilMember("t");
      capture.execute("INSERT INTO t VALUES (100, 'x')");
      capture.assertEqual("t");
      assertThat(capture.copy.notes).doesNotContainKey(Anchor.NOTE);
      Lsn tidemark = capture.copy.position.lsn("mute");
      capture.until(() -> !confirmed(capture).isBefore(tidemark));
      capture.crash();
      capture.execute("INSERT INTO t VALUES (101, 'y')");
      capture.assertEqual("t");
    }
  }
}
