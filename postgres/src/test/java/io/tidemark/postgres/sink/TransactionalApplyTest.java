package io.tidemark.postgres.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.SinkException;
import io.tidemark.embedded.Version;
import io.tidemark.postgres.sink.PostgresSinkConfig.Apply;
import io.tidemark.testkit.Batches;
import io.tidemark.testkit.Form;
import io.tidemark.testkit.ScriptedSource.Script;
import io.tidemark.testkit.Seen;
import io.tidemark.testkit.SinkSession;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Transactions that are made one by one: what is there when something comes between two. */
class TransactionalApplyTest {
  @RegisterExtension static final SinkServer SERVER = new SinkServer(Version.V15);

  private static final TableSchema ITEMS =
      Form.of("public.items")
          .key("id", Form.BIGINT)
          .column("name", Form.TEXT)
          .column("note", Form.TEXT)
          .schema();

  private static PostgresSinkConfig config() {
    return SERVER.config().applying(Apply.TRANSACTIONAL);
  }

  private static void run(String sql) throws SQLException {
    try (Statement statement = SERVER.reader().createStatement()) {
      statement.execute(sql);
    }
  }

  private static List<String> ask(String sql) throws SQLException {
    try (Statement statement = SERVER.reader().createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<String> all = new ArrayList<>();
      while (rows.next()) {
        all.add(rows.getString(1));
      }
      return all;
    }
  }

  /** A session whose first commit has made the table. */
  private static SinkSession begun(PostgresFixture copy, List<ChangeBatch> given)
      throws SinkException {
    SinkSession session = SinkSession.open(copy);
    give(session, given, Batches.of(ITEMS).at(100).insert(1L, "a", "n").batch());
    return session.flush(110);
  }

  private static void give(SinkSession session, List<ChangeBatch> given, ChangeBatch batch)
      throws SinkException {
    session.stage(batch);
    given.add(batch);
  }

  private static ChangeBatch insert(long lsn, long id, String name) {
    return Batches.of(ITEMS).at(lsn).insert(id, name, "n").batch();
  }

  @Test
  void whatWasRefusedInTheMiddleKeepsWhatCameBefore() throws Exception {
    List<ChangeBatch> given = new ArrayList<>();
    try (PostgresFixture copy = SERVER.empty(config());
        SinkSession session = begun(copy, given)) {
      run("ALTER TABLE public.items ADD CONSTRAINT own CHECK (name <> 'bad')");
      give(session, given, insert(200, 2, "b"));
      session.entry("k", Optional.of("1")).transaction(210);
      session.stage(insert(300, 3, "bad"), insert(300, 4, "d"));
      session.entry("k", Optional.of("2")).transaction(310).stage(insert(400, 5, "e"));
      assertThatThrownBy(() -> session.flush(410))
          .isInstanceOfSatisfying(
              SinkException.RowsRejected.class,
              e ->
                  assertThat(e.rows())
                      .singleElement()
                      .satisfies(
                          row -> {
                            assertThat(row.why().table()).isEqualTo(ITEMS.name());
                            assertThat(row.commitLsn()).isEqualTo(300);
                            assertThat(row.ordinal()).isZero();
                            assertThat(row.why()).hasMessageContaining("constraint own");
                          }));
      Seen.in(copy).holds(ITEMS, given);
      try (SinkSession next = SinkSession.open(copy)) {
        assertThat(next.opened().tidemark()).isEqualTo(Script.position(210));
        assertThat(next.opened().entries()).isEqualTo(Map.of("k", "1"));
        give(next, given, insert(300, 4, "d"));
        next.transaction(310);
        give(next, given, insert(400, 5, "e"));
        next.flush(410);
        Seen.in(copy).holds(ITEMS, given);
      }
    }
  }

  @Test
  void valuesThatTheTypesRefuseAreFoundInTheRowsThatWaited() throws Exception {
    try (PostgresFixture copy = SERVER.empty(config());
        SinkSession session = SinkSession.open(copy)) {
      ChangeBatch refused = copy.refusedRows().orElseThrow();
      session.stage(insert(100, 1, "a")).transaction(110).stage(refused).transaction(510);
      assertThatThrownBy(() -> session.stage(insert(600, 2, "b")).flush(610))
          .isInstanceOfSatisfying(
              SinkException.RowsRejected.class,
              e ->
                  assertThat(e.rows())
                      .singleElement()
                      .satisfies(
                          row -> {
                            assertThat(row.why().table()).isEqualTo(refused.table());
                            assertThat(row.ordinal()).isEqualTo(1);
                          }));
      Seen.in(copy).holds(ITEMS);
    }
  }

  /** One that does not wait for locks. */
  private static PostgresSinkConfig hasty() {
    PostgresSinkConfig plain = config();
    return new PostgresSinkConfig(
        plain.endpoint(),
        plain.pipeline(),
        Map.of(),
        "tidemark",
        Apply.TRANSACTIONAL,
        Duration.ofMillis(100),
        false,
        false);
  }

  @Test
  void aLockInTheMiddleIsWaitedForAndTheRestFollows() throws Exception {
    List<ChangeBatch> given = new ArrayList<>();
    try (PostgresFixture copy = SERVER.empty(hasty());
        SinkSession session = begun(copy, given);
        Connection other = SERVER.server().connect();
        Statement holder = other.createStatement()) {
      give(session, given, insert(200, 2, "b"));
      session.transaction(210);
      ChangeBatch update =
          Batches.of(ITEMS).at(300).update(1L, "aa", Batches.UNCHANGED).insert(3L, "c").batch();
      give(session, given, update);
      session.transaction(310);
      give(session, given, insert(400, 4, "d"));
      other.setAutoCommit(false);
      holder.execute("SELECT FROM public.items WHERE id = 1 FOR UPDATE");
      session.seal(410);
      assertThatThrownBy(() -> session.commitSealed(410))
          .isInstanceOf(SinkException.Retryable.class);
      assertThat(ask("SELECT position FROM tidemark.pipelines")).containsExactly("0/D2");
      other.rollback();
      session.commitSealed(410);
      assertThat(ask("SELECT position FROM tidemark.pipelines")).containsExactly("0/19A");
      Seen.in(copy).holds(ITEMS, given);
      assertThat(ask("SELECT count(DISTINCT xmin::text) FROM public.items")).containsExactly("3");
    }
  }

  @Test
  void aSuccessorEndsItBetweenTwoTransactions() throws Exception {
    List<ChangeBatch> given = new ArrayList<>();
    try (PostgresFixture copy = SERVER.empty(config());
        SinkSession session = begun(copy, given)) {
      session.stage(insert(200, 2, "b")).transaction(210).stage(insert(300, 3, "c"));
      try (SinkSession young = SinkSession.open(copy)) {
        assertThatThrownBy(() -> session.flush(310)).isInstanceOf(SinkException.Fenced.class);
        Seen.in(copy).holds(ITEMS, given);
      }
    }
  }

  @Test
  void aValueThatIsNowhereIsNotMadeUp() throws Exception {
    List<ChangeBatch> given = new ArrayList<>();
    try (PostgresFixture copy = SERVER.empty(config());
        SinkSession session = begun(copy, given)) {
      run("DELETE FROM public.items");
      session.stage(insert(200, 2, "b")).transaction(210);
      session.stage(Batches.of(ITEMS).at(300).update(1L, "aa", Batches.UNCHANGED).batch());
      assertThatThrownBy(() -> session.flush(310)).hasMessageContaining("values left out");
      assertThat(ask("SELECT id FROM public.items")).containsExactly("2");
    }
  }

  @Test
  void aRowThatWasRefusedIsToldOfThoughAnotherTableHadToWait() throws Exception {
    try (PostgresFixture copy = SERVER.empty(hasty());
        SinkSession session = SinkSession.open(copy);
        Connection other = SERVER.server().connect()) {
      session.stage(copy.refusedRows().orElseThrow(), insert(600, 2, "b")).seal(610);
      SERVER.lockStage(other, 1);
      assertThatThrownBy(() -> session.commitSealed(610))
          .isInstanceOf(SinkException.Retryable.class);
      other.rollback();
      assertThatThrownBy(() -> session.commitSealed(610))
          .isInstanceOfSatisfying(
              SinkException.RowsRejected.class,
              e -> assertThat(e.rows()).singleElement().extracting("ordinal").isEqualTo(1L));
      Seen.in(copy).holds(ITEMS);
    }
  }

  @Test
  void aRepairThatWaitedIsNotTakenForDone() throws Exception {
    List<ChangeBatch> given = new ArrayList<>();
    try (PostgresFixture copy = SERVER.empty(hasty());
        SinkSession session = begun(copy, given);
        Connection other = SERVER.server().connect();
        Statement holder = other.createStatement()) {
      give(session, given, Batches.of(ITEMS).at(105).update(1L, "aa", "n").batch());
      other.setAutoCommit(false);
      holder.execute("SELECT FROM public.items WHERE id = 1 FOR UPDATE");
      session.seal(110);
      assertThatThrownBy(() -> session.commitSealed(110))
          .isInstanceOf(SinkException.Retryable.class);
      other.rollback();
      session.commitSealed(110);
      Seen.in(copy).holds(ITEMS, given);
    }
  }

  private static String moods(String label) {
    return """
        {"format": 1, "schema": "public", "table": "people", "types": [{"oid": 17001, "array": 17002,
         "schema": "public", "name": "mood", "text": "public.mood", "kind": "e",
         "labels": [{"oid": 17003, "label": "%s"}]}]}"""
        .formatted(label);
  }

  @Test
  void rowsThatWaitKeepTheirLabelsWhenThoseAreRenamed() throws Exception {
    TableSchema plain =
        Form.of("public.people").key("id", Form.BIGINT).column("mood", Form.TEXT).schema();
    Column mood =
        new Column(2, "mood", Form.TEXT, "public.mood", 17_001, -1, false, false, Optional.empty());
    TableSchema people =
        new TableSchema(
            plain.name(),
            plain.relationOid(),
            1,
            List.of(plain.columns().get(0), mood),
            plain.key(),
            plain.identity(),
            false);
    try (PostgresFixture copy = SERVER.empty(config());
        SinkSession session = SinkSession.open(copy)) {
      session.sink().describe(people.name(), moods("old"));
      session.stage(Batches.of(people).at(100).insert(1L, "old").batch()).transaction(110);
      session.sink().describe(people.name(), moods("new"));
      session.stage(Batches.of(people).at(200).insert(2L, "new").batch()).flush(210);
      assertThat(ask("SELECT id || mood::text FROM public.people ORDER BY id"))
          .containsExactly("1new", "2new");
    }
  }

  @Test
  void whatBuildsOnARefusedRowIsRefusedWithIt() throws Exception {
    List<ChangeBatch> given = new ArrayList<>();
    try (PostgresFixture copy = SERVER.empty(config());
        SinkSession session = begun(copy, given)) {
      run("ALTER TABLE public.items ADD CONSTRAINT own CHECK (name <> 'bad')");
      session.stage(
          Batches.of(ITEMS)
              .at(200)
              .insert(5L, "bad", "n")
              .insert(6L, "good", "n")
              .update(5L, Batches.UNCHANGED, "nn")
              .batch());
      assertThatThrownBy(() -> session.flush(210))
          .isInstanceOfSatisfying(
              SinkException.RowsRejected.class,
              e -> assertThat(e.rows()).extracting("ordinal").containsExactly(0L, 2L));
      Seen.in(copy).holds(ITEMS, given);
    }
  }

  @Test
  void rowsThatAnIndexAllowsOnlyOneByOneAreNotRefused() throws Exception {
    List<ChangeBatch> given = new ArrayList<>();
    try (PostgresFixture copy = SERVER.empty(config());
        SinkSession session = begun(copy, given)) {
      run("CREATE UNIQUE INDEX own ON public.items (name)");
      Batches rows = Batches.of(ITEMS).at(200);
      for (long id = 2; id <= 7; id++) {
        rows.insert(id, "n" + id, "n");
      }
      give(session, given, rows.batch());
      session.transaction(210);
      // upwards and downwards, so no order of one statement goes well
      give(
          session,
          given,
          Batches.of(ITEMS)
              .at(300)
              .update(2L, "x", "n")
              .update(3L, "n2", "n")
              .update(4L, "n3", "n")
              .update(7L, "y", "n")
              .update(6L, "n7", "n")
              .update(5L, "n6", "n")
              .batch());
      session.flush(310);
      Seen.in(copy).holds(ITEMS, given);
    }
  }
}
