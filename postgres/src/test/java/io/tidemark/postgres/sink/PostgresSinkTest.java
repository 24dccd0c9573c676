package io.tidemark.postgres.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.api.sink.Commit;
import io.tidemark.api.sink.SinkException;
import io.tidemark.embedded.Version;
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
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is particular to a copy in a PostgreSQL. */
class PostgresSinkTest {
  @RegisterExtension static final SinkServer SERVER = new SinkServer(Version.V18);

  private static final TableSchema ITEMS =
      Form.of("public.items").key("id", Form.BIGINT).column("name", Form.TEXT).schema();

  private static void run(String... statements) throws SQLException {
    for (String sql : statements) {
      try (Statement statement = SERVER.reader().createStatement()) {
        statement.execute(sql);
      }
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

  private static TableSchema form(String name, Column... columns) {
    return new TableSchema(
        TableName.parse(name),
        20_000,
        1,
        List.of(columns),
        columns[0].notNull() ? List.of(1) : List.of(),
        columns[0].notNull() ? ReplicaIdentity.DEFAULT : ReplicaIdentity.FULL,
        false);
  }

  private static Column column(
      int attnum, String name, DataType type, String pgType, int oid, boolean notNull) {
    return new Column(attnum, name, type, pgType, oid, -1, notNull, false, Optional.empty());
  }

  private static Column id() {
    return column(1, "id", new DataType.Int(64), "bigint", 20, true);
  }

  @Test
  void columnsAndIndexesOfTheUsersStay() throws Exception {
    ChangeBatch before = Batches.of(ITEMS).at(100).insert(1L, "a").insert(2L, "b").batch();
    TableSchema next = Form.next(ITEMS).column("price", Form.MONEY, "1.50").schema();
    ChangeBatch after =
        Batches.of(next)
            .at(200)
            .update(1L, Batches.UNCHANGED, null)
            .delete(2L)
            .insert(3L, "c")
            .batch();
    try (PostgresFixture copy = SERVER.empty();
        SinkSession session = SinkSession.open(copy)) {
      session.stage(before).flush(110);
      run(
          "ALTER TABLE public.items ADD own_note text DEFAULT 'mine'",
          "UPDATE public.items SET own_note = 'of ' || id",
          "CREATE INDEX own_index ON public.items (name, own_note)");
      session.stage(after).flush(210);
      Seen.in(copy).holds(next, before, after);
      assertThat(ask("SELECT own_note FROM public.items ORDER BY id"))
          .containsExactly("of 1", "mine");
      assertThat(ask("SELECT indexname FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"))
          .containsExactly("items_pkey", "own_index");
    }
  }

  @Test
  void theKeyIsIndexedWhenTheCopyIsCompleteAndNotBefore() throws Exception {
    String keys =
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'p' AND"
            + " conrelid = to_regclass('public.items')";
    ChangeBatch rows = Batches.of(ITEMS).at(99).attempt().read(1L, "a").batch();
    try (PostgresFixture copy = SERVER.empty();
        SinkSession session = SinkSession.open(copy)) {
      session.phase(ITEMS.name(), Phase.COPYING).stage(rows).flush(110);
      assertThat(ask(keys)).isEmpty();
      session.phase(ITEMS.name(), Phase.MEMBER).flush(120);
      assertThat(ask(keys)).containsExactly("PRIMARY KEY (id)");
    }
  }

  @Test
  void notNullIsTakenOverAndLiftedByTheFirstNull() throws Exception {
    TableSchema strict =
        form("public.strict", id(), column(2, "word", Form.TEXT, "text", 25, true));
    String ask =
        "SELECT attnotnull FROM pg_attribute WHERE attrelid = 'public.strict'::regclass"
            + " AND attname = 'word'";
    ChangeBatch first =
        Batches.of(strict).at(100).insert(1L, "a").insert(2L, "b").delete(2L).batch();
    ChangeBatch waiting = Batches.of(strict).at(200).update(1L, Batches.UNCHANGED).batch();
    ChangeBatch lifted = Batches.of(strict).at(300).insert(3L, null).batch();
    try (PostgresFixture copy = SERVER.empty();
        SinkSession session = SinkSession.open(copy)) {
      session.stage(first).flush(110);
      session.phase(strict.name(), Phase.CATCHING_UP).stage(waiting).flush(210);
      session.phase(strict.name(), Phase.MEMBER).flush(220);
      assertThat(ask(ask)).containsExactly("t");
      session.stage(lifted).flush(310);
      assertThat(ask(ask)).containsExactly("f");
      Seen.in(copy).holds(strict, first, waiting, lifted);
    }
  }

  @Test
  void whatIsNotOursIsRefusedByNameAndLeftAlone() throws Exception {
    try (PostgresFixture copy = SERVER.empty();
        SinkSession session = SinkSession.open(copy)) {
      run("CREATE TABLE public.items (id bigint, name text)");
      assertThatThrownBy(() -> session.sink().prepare(ITEMS))
          .isInstanceOf(SinkException.Rejected.class)
          .hasMessageContaining("there is a table or view public.items already");
      TableSchema other = Form.of("public.other").key("id", Form.BIGINT).schema();
      session.stage(Batches.of(other).at(100).insert(1L).batch()).flush(110);
      run("ALTER TABLE public.other ADD colour text");
      TableSchema next = Form.next(other).column("colour", Form.TEXT).schema();
      assertThatThrownBy(() -> session.sink().prepare(next))
          .isInstanceOf(SinkException.Rejected.class)
          .hasMessageContaining("the source has a column colour now");
    }
  }

  @Test
  void schemasStandForOthersAndNoTwoTablesForOne() throws Exception {
    PostgresSinkConfig plain = SERVER.config();
    PostgresSinkConfig mapped =
        new PostgresSinkConfig(
            plain.endpoint(),
            plain.pipeline(),
            Map.of("public", "my copy"),
            "my state",
            PostgresSinkConfig.Apply.BATCH,
            Duration.ofSeconds(30),
            false,
            false);
    ChangeBatch rows = Batches.of(ITEMS).at(100).insert(1L, "a").batch();
    try (PostgresFixture copy = SERVER.empty(mapped);
        SinkSession session = SinkSession.open(copy)) {
      session.stage(rows).flush(110);
      Seen.in(copy).holds(ITEMS, rows);
      assertThat(ask("SELECT name FROM \"my copy\".items")).containsExactly("a");
      assertThat(ask("SELECT position FROM \"my state\".pipelines")).containsExactly("0/6E");
      TableSchema same = Form.of("my copy.items").key("id", Form.BIGINT).schema();
      assertThatThrownBy(() -> session.sink().prepare(same))
          .isInstanceOf(SinkException.Rejected.class)
          .hasMessageContaining("table my copy.items is the copy of public.items");
    }
  }

  @Test
  void aTypeOfTheUsersIsItselfWhereTheCopyKnowsIt() throws Exception {
    Column mood = column(2, "mood", Form.TEXT, "public.mood", 17_001, false);
    Column moods =
        column(3, "moods", new DataType.ListOf(Form.TEXT), "public.mood[]", 17_002, false);
    Column unknown = column(4, "n", new DataType.Int(32), "public.positive", 17_003, false);
    TableSchema people = form("public.people", id(), mood, moods, unknown);
    String types =
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid ="
            + " 'public.people'::regclass AND attnum > 1 ORDER BY attnum";
    try (PostgresFixture copy = SERVER.empty();
        SinkSession session = SinkSession.open(copy)) {
      run("CREATE TYPE public.mood AS ENUM ('so so', 'fine')");
      run("CREATE DOMAIN public.positive AS int NOT NULL");
      session.stage(
          Batches.of(people).at(100).insert(1L, "so so", List.of("fine", "so so"), 7L).batch());
      session.flush(110);
      assertThat(ask(types)).containsExactly("public.mood", "public.mood[]", "integer");
      assertThat(ask("SELECT moods::text || n FROM public.people"))
          .containsExactly("{fine,\"so so\"}7");
      assertThatThrownBy(
              () -> session.stage(Batches.of(people).at(200).insert(2L, "grand").batch()))
          .isInstanceOf(SinkException.Rejected.class)
          .hasMessageContaining("SQLSTATE 22P02")
          .hasMessageNotContaining("grand");
      session.stage(Batches.of(people).at(300).insert(3L, "fine").batch()).flush(310);
      assertThat(ask("SELECT id FROM public.people ORDER BY id")).containsExactly("1", "3");
    }
  }

  @Test
  void equalRowsWithoutAKeyAreToldApartByTextAndOfTypesWithoutEquality() throws Exception {
    TableSchema loose =
        form(
            "public.loose",
            column(1, "doc", new DataType.Json(), "json", 114, false),
            column(2, "n", Form.TEXT, "numeric", 1700, false),
            column(3, "text", Form.TEXT, "text", 25, false));
    String odd = "tab\t, line\n, return\r, back\\slash, \\N, ünï😀";
    ChangeBatch rows =
        Batches.of(loose)
            .at(100)
            .insert("{\"a\":  1}", "1.0", odd)
            .insert("{\"a\":  1}", "1.0", odd)
            .insert("{\"a\":  1}", "1.00", odd)
            .insert("{\"a\": 1}", "1.0", null)
            .insert("null", null, "")
            .batch();
    ChangeBatch gone =
        Batches.of(loose)
            .at(200)
            .delete("{\"a\":  1}", "1.0", odd)
            .delete("null", null, "")
            .batch();
    try (PostgresFixture copy = SERVER.empty();
        SinkSession session = SinkSession.open(copy)) {
      session.stage(rows).flush(110);
      Seen.in(copy).holds(loose, rows);
      session.stage(gone).flush(210);
      Seen.in(copy).holds(loose, rows, gone);
      run("DELETE FROM public.loose WHERE n = '1.00'");
      session.stage(Batches.of(loose).at(300).delete("{\"a\":  1}", "1.00", odd).batch());
      assertThatThrownBy(() -> session.flush(310))
          .isInstanceOfSatisfying(
              TidemarkException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.DESTINATION_CHANGED))
          .hasMessageContaining("1 rows were deleted, of which 0 are in the copy");
    }
  }

  @Test
  void aConstraintOfTheUsersThatDoesNotHoldIsNamed() throws Exception {
    try (PostgresFixture copy = SERVER.empty();
        SinkSession session = SinkSession.open(copy)) {
      session.stage(Batches.of(ITEMS).at(100).insert(1L, "a").batch()).flush(110);
      run("ALTER TABLE public.items ADD CONSTRAINT own_unique UNIQUE (name)");
      session.stage(Batches.of(ITEMS).at(200).insert(2L, "a").batch());
      assertThatThrownBy(() -> session.flush(210))
          .isInstanceOf(SinkException.RowsRejected.class)
          .hasMessageContaining("constraint own_unique");
      assertThat(ask("SELECT id FROM public.items")).containsExactly("1");
    }
  }

  /** One that does not wait for locks. */
  private static PostgresSinkConfig hasty() {
    PostgresSinkConfig plain = SERVER.config();
    return new PostgresSinkConfig(
        plain.endpoint(),
        plain.pipeline(),
        Map.of(),
        "tidemark",
        PostgresSinkConfig.Apply.BATCH,
        Duration.ofMillis(100),
        false,
        false);
  }

  @Test
  void rowsThatWereCommittedAndCouldNotBeFreedAreNotAppliedAgain() throws Exception {
    ChangeBatch first = Batches.of(ITEMS).at(100).insert(1L, "a").batch();
    ChangeBatch second = Batches.of(ITEMS).at(200).insert(2L, "b").batch();
    try (PostgresFixture copy = SERVER.empty(hasty());
        SinkSession session = SinkSession.open(copy);
        Connection reader = SERVER.server().connect()) {
      session.stage(first).seal(110);
      SERVER.lockStage(reader, 0);
      Commit commit =
          new Commit(
              Script.position(110),
              Batches.committedAt(110),
              session.sealed(),
              new TreeMap<>(),
              new TreeMap<>());
      assertThatThrownBy(() -> session.sink().commit(commit))
          .isInstanceOf(SinkException.Retryable.class);
      Seen.in(copy).holds(ITEMS, first);
      reader.rollback();
      session.sink().commit(commit);
      session.sink().stage(second);
      session
          .sink()
          .commit(
              new Commit(
                  Script.position(210),
                  Batches.committedAt(210),
                  session.sink().seal(Script.position(210)),
                  new TreeMap<>(),
                  new TreeMap<>()));
      Seen.in(copy).holds(ITEMS, first, second);
    }
  }

  @Test
  void aLockOfSomebodyElsesIsWaitedForInTurns() throws Exception {
    ChangeBatch first = Batches.of(ITEMS).at(100).insert(1L, "a").insert(2L, "b").batch();
    ChangeBatch second = Batches.of(ITEMS).at(200).update(1L, "aa").delete(2L).batch();
    try (PostgresFixture copy = SERVER.empty(hasty());
        SinkSession session = SinkSession.open(copy);
        Connection reader = SERVER.server().connect();
        Statement statement = reader.createStatement()) {
      session.stage(first).flush(110);
      reader.setAutoCommit(false);
      statement.execute("LOCK TABLE public.items");
      session.stage(second);
      assertThatThrownBy(() -> session.flush(210)).isInstanceOf(SinkException.Retryable.class);
      reader.rollback();
      session.commitSealed(210);
      Seen.in(copy).holds(ITEMS, first, second);
    }
  }

  @Test
  void aSessionThatIsLostIsBegunAgain() throws Exception {
    ChangeBatch rows = Batches.of(ITEMS).at(100).insert(1L, "a").batch();
    try (PostgresFixture copy = SERVER.empty();
        SinkSession session = SinkSession.open(copy)) {
      session.stage(rows);
      run(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name ="
              + " 'tidemark sink'");
      assertThatThrownBy(() -> session.flush(110)).isInstanceOf(SinkException.OutcomeUnknown.class);
      assertThat(session.sink().reopen(session.opened().epoch()).isNew()).isTrue();
      session.sink().prepare(ITEMS);
      session.sink().stage(rows);
      session
          .sink()
          .commit(
              new Commit(
                  Script.position(110),
                  Batches.committedAt(110),
                  session.sink().seal(Script.position(110)),
                  new TreeMap<>(),
                  new TreeMap<>()));
      Seen.in(copy).holds(ITEMS, rows);
    }
  }
}
