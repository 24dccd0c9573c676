package io.tidemark.duckdb.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.config.Settings;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.api.sink.SinkException;
import io.tidemark.duckdb.DuckDbOptions;
import io.tidemark.duckdb.DuckDbQuery;
import io.tidemark.duckdb.QueryResult;
import io.tidemark.testkit.Batches;
import io.tidemark.testkit.Form;
import io.tidemark.testkit.ScriptedSource.Script;
import io.tidemark.testkit.Seen;
import io.tidemark.testkit.SinkSession;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import org.duckdb.DuckDBDriver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a DuckDB file has beside rows, and what is around it. */
class DuckDbSinkTest {
  private static final TableSchema ITEMS =
      Form.of("shop.items").key("id", Form.BIGINT).column("name", Form.TEXT).schema();

  @TempDir Path folder;

  @Test
  void aReaderOpensAFileOfItsOwnAndKeepsItWhileTheNextOneIsMade() throws Exception {
    DuckDbConfig config = publishing(Duration.ofNanos(1));
    ChangeBatch first = Batches.of(ITEMS).at(100).insert(1L, "a").batch();
    ChangeBatch second = Batches.of(ITEMS).at(200).insert(2L, "b").batch();
    try (DuckDbFixture destination = new DuckDbFixture(config);
        SinkSession session = SinkSession.open(destination)) {
      session.stage(first).phase(ITEMS.name(), Phase.MEMBER).flush(110);
      try (Connection reader = connect(config.readPath())) {
        assertThat(session.sink().upkeep().what()).isEqualTo("published");
        assertThat(session.sink().upkeep().bytes()).isEqualTo(Files.size(config.readPath()));
        assertThat(session.sink().upkeep().seconds()).isPositive();
        session.stage(second).flush(210);
        assertThat(rows(reader, "FROM shop.items")).containsExactly("1,a");
        assertThat(rows(reader, "SELECT position FROM _tidemark.tidemark")).containsExactly("0/6E");
      }
      try (Connection reader = connect(config.readPath())) {
        assertThat(rows(reader, "FROM shop.items ORDER BY id")).containsExactly("1,a", "2,b");
        assertThat(rows(reader, "SELECT schema_name, table_name, state FROM _tidemark.tables"))
            .containsExactly("shop,items,member");
        assertThat(rows(reader, "SELECT comment FROM duckdb_tables() WHERE table_name = 'items'"))
            .containsExactly("Copied by Tidemark; key: \"id\"");
      }
      Seen.in(destination).holds(ITEMS, first, second);
    }
    DuckDbLook look = DuckDbLook.at(config);
    assertThat(look.position()).isEqualTo(Script.position(210));
    assertThat(look.committedAtMicros()).isEqualTo(Batches.committedAt(210));
    assertThat(look.rows()).isEqualTo(Map.of(ITEMS.name(), 2L));
  }

  /** Each move takes a value along that only a change far before it, or the file, tells. */
  @Test
  void valuesFollowTheirRowsThroughThousandsOfKeysWithinOneCommit() throws Exception {
    Batches first = Batches.of(ITEMS).at(100);
    for (long id = 1; id <= 20; id++) {
      first.insert(id, "name " + id);
    }
    long seed = System.nanoTime();
    Random random = new Random(seed);
    Batches swaps = Batches.of(ITEMS).at(200);
    for (int i = 0; i < 1000; i++) {
      long a = 1 + random.nextInt(20);
      long b = 1 + (a + random.nextInt(19)) % 20;
      swaps.update(-1L, Batches.UNCHANGED).oldKey(a);
      swaps.update(a, Batches.UNCHANGED).oldKey(b);
      swaps.update(b, Batches.UNCHANGED).oldKey(-1L);
      if (random.nextInt(10) == 0) {
        swaps.update(a, random.nextInt(3) == 0 ? Batches.UNCHANGED : "set " + i);
      }
    }
    try (DuckDbFixture destination = new DuckDbFixture(publishing(Duration.ZERO));
        SinkSession session = SinkSession.open(destination)) {
      ChangeBatch inserted = first.batch();
      session.stage(inserted).phase(ITEMS.name(), Phase.MEMBER).flush(110);
      ChangeBatch swapped = swaps.batch();
      session.stage(swapped).flush(210);
      try {
        Seen.in(destination).holds(ITEMS, inserted, swapped);
      } catch (AssertionError e) {
        throw new AssertionError("with seed " + seed, e);
      }
    }
  }

  /** The rows of a partition that went are emptied away behind all that its commit may hold. */
  @Test
  void theLastPlaceOfATransactionIsAPlaceToo() throws Exception {
    ChangeBatch first = Batches.of(ITEMS).at(100).insert(1L, "a").insert(2L, "b").batch();
    ChangeBatch second =
        Batches.of(ITEMS)
            .at(200)
            .insert(3L, "c")
            .at(200, Long.MAX_VALUE)
            .truncate()
            .at(201)
            .insert(4L, "d")
            .update(4L, Batches.UNCHANGED)
            .batch();
    try (DuckDbFixture destination = new DuckDbFixture(publishing(Duration.ZERO));
        SinkSession session = SinkSession.open(destination)) {
      session.stage(first).phase(ITEMS.name(), Phase.MEMBER).flush(110);
      session.stage(second).flush(210);
      Seen.in(destination).holds(ITEMS, first, second);
    }
  }

  /** A dead letter of an earlier form is given again by a process that has seen no other form. */
  @Test
  void aRowOfAFormThatTheTableHasLeftBehindTakesNoColumnAway() throws Exception {
    TableSchema next = Form.next(ITEMS).column("stock", Form.BIGINT).schema();
    DuckDbConfig config = publishing(Duration.ZERO);
    try (DuckDbFixture destination = new DuckDbFixture(config)) {
      try (SinkSession session = SinkSession.open(destination)) {
        session.phase(ITEMS.name(), Phase.MEMBER);
        session.stage(Batches.of(ITEMS).at(100).insert(1L, "a").batch()).flush(110);
        session.stage(Batches.of(next).at(200).insert(2L, "b", 8L).batch()).flush(210);
      }
      try (SinkSession session = SinkSession.open(destination)) {
        session.phase(ITEMS.name(), Phase.MEMBER);
        session.stage(Batches.of(ITEMS).at(150).insert(3L, "c").batch()).flush(220);
        session.stage(Batches.of(next).at(300).update(1L, "a", 7L).batch()).flush(310);
      }
    }
    try (Connection reader = connect(config.path())) {
      assertThat(rows(reader, "SELECT id, name, stock FROM shop.items ORDER BY id"))
          .containsExactly("1,a,7", "2,b,8", "3,c,null");
    }
  }

  @Test
  void noFileIsMadeForReadersWhereThatIsOffOrTheFileIsTooLong() throws Exception {
    DuckDbConfig never = publishing(Duration.ZERO);
    DuckDbConfig small =
        DuckDbConfig.of(folder.resolve("small.duckdb")).publishing(Duration.ofNanos(1), 100);
    for (DuckDbConfig config : List.of(never, small)) {
      try (DuckDbFixture destination = new DuckDbFixture(config);
          SinkSession session = SinkSession.open(destination)) {
        session.stage(Batches.of(ITEMS).at(100).insert(1L, "a").batch()).flush(110);
      }
      assertThat(config.path()).exists();
      assertThat(config.readPath()).doesNotExist();
    }
  }

  @Test
  void tablesOfTheUserAreLeftAloneAndNeverTakenForACopy() throws Exception {
    DuckDbConfig config = publishing(Duration.ZERO);
    try (Connection user =
            new DuckDBDriver().connect("jdbc:duckdb:" + config.path(), new Properties());
        Statement statement = user.createStatement()) {
      statement.execute("CREATE SCHEMA shop");
      statement.execute("CREATE TABLE shop.\"Items\" AS SELECT 'mine' AS name");
    }
    TableSchema others = Form.of("shop.others").key("id", Form.BIGINT).schema();
    try (DuckDbFixture destination = new DuckDbFixture(config);
        SinkSession session = SinkSession.open(destination)) {
      assertThatThrownBy(() -> session.sink().prepare(ITEMS))
          .isInstanceOf(SinkException.Rejected.class)
          .hasMessageContaining("the file has a table or view of the name items already");
      ChangeBatch batch = Batches.of(others).at(100).insert(1L).batch();
      session.stage(batch).flush(110);
      Seen.in(destination).holds(others, batch);
    }
    try (Connection reader = connect(config.path())) {
      assertThat(rows(reader, "FROM shop.Items")).containsExactly("mine");
    }
  }

  @Test
  void aRowThatSomebodyHasTakenAwayIsNotMadeUp() throws Exception {
    DuckDbConfig config = publishing(Duration.ZERO);
    try (DuckDbFixture destination = new DuckDbFixture(config);
        SinkSession session = SinkSession.open(destination)) {
      session.stage(Batches.of(ITEMS).at(100).insert(1L, "a").batch()).flush(110);
      try (Connection other =
              new DuckDBDriver()
                  .connect("jdbc:duckdb:" + config.path(), CopyFile.properties(config));
          Statement statement = other.createStatement()) {
        statement.execute("DELETE FROM shop.items");
      }
      session.stage(Batches.of(ITEMS).at(200).update(1L, Batches.UNCHANGED).batch());
      assertThatThrownBy(() -> session.flush(210))
          .hasMessageStartingWith("Cannot apply changes to ")
          .hasMessageEndingWith("Somebody else has changed the table; copy it again.");
    }
    assertThat(DuckDbLook.at(config).position()).isEqualTo(Script.position(110));
  }

  @Test
  void changesAreKeptUnderTheNamesOfTodayAndNothingOfThemIsLost() throws Exception {
    DuckDbConfig config = publishing(Duration.ofNanos(1)).keeping(Keep.CHANGES);
    TableSchema next =
        Form.next(ITEMS).rename("name", "title").column("stock", Form.BIGINT, "7").schema();
    try (DuckDbFixture destination = new DuckDbFixture(config)) {
      try (SinkSession session = SinkSession.open(destination)) {
        session.phase(ITEMS.name(), Phase.MEMBER);
        session.stage(Batches.of(ITEMS).at(100).insert(1L, "a").insert(2L, "b").batch()).flush(110);
      }
      // another process goes on, which was never told of the first form
      try (SinkSession session = SinkSession.open(destination)) {
        session.phase(ITEMS.name(), Phase.MEMBER);
        session.stage(
            Batches.of(next)
                .at(200)
                .update(3L, Batches.UNCHANGED, 8L)
                .oldKey(1L)
                .delete(2L)
                .batch());
        session.flush(210);
        try (DuckDbQuery query = DuckDbQuery.ofFile(List.of(config.readPath()), options())) {
          assertThat(json(query, "SELECT id, title, stock FROM items"))
              .isEqualTo("[{\"id\":3,\"title\":\"a\",\"stock\":8}]");
          assertThat(
                  json(
                      query,
                      "SELECT _op, id, title, stock, _unchanged, _old.id AS was FROM"
                          + " shop.items_changes ORDER BY _lsn, _seq"))
              .isEqualTo(
                  "[{\"_op\":\"c\",\"id\":1,\"title\":\"a\",\"stock\":7,\"_unchanged\":null,\"was\":null},"
                      + "{\"_op\":\"c\",\"id\":2,\"title\":\"b\",\"stock\":7,\"_unchanged\":null,\"was\":null},"
                      + "{\"_op\":\"u\",\"id\":3,\"title\":null,\"stock\":8,\"_unchanged\":[\"title\"],\"was\":1},"
                      + "{\"_op\":\"d\",\"id\":2,\"title\":null,\"stock\":null,\"_unchanged\":null,\"was\":null}]");
          assertThat(json(query, "SELECT position FROM tidemark"))
              .isEqualTo("[{\"position\":\"0/D2\"}]");
          assertThat(json(query, "SELECT name, state FROM tidemark_tables"))
              .isEqualTo("[{\"name\":\"shop.items\",\"state\":\"member\"}]");
        }
      }
    }
    // any client of DuckDB sees the same
    try (Connection reader = connect(config.path())) {
      assertThat(rows(reader, "FROM shop.items")).containsExactly("3,a,8");
      assertThat(rows(reader, "SELECT string_agg(_op ORDER BY _lsn, _seq) FROM shop.items_changes"))
          .containsExactly("c,c,u,d");
    }
  }

  @Test
  void currentRowsAloneAreAskedWithoutChanges() throws Exception {
    DuckDbConfig config = publishing(Duration.ofNanos(1));
    try (DuckDbFixture destination = new DuckDbFixture(config);
        SinkSession session = SinkSession.open(destination)) {
      session.stage(Batches.of(ITEMS).at(100).insert(1L, "a").batch()).flush(110);
      try (DuckDbQuery query = DuckDbQuery.ofFile(config.readable().subList(1, 2), options())) {
        try (QueryResult result = query.run("SELECT name FROM shop.items")) {
          assertThat(result.toJson()).isEqualTo("[{\"name\":\"a\"}]");
          assertThat(result.notices())
              .hasSize(2)
              .anyMatch(said -> said.startsWith("Read from bank.read.duckdb, which"))
              .anyMatch(said -> said.contains("Table shop.items is no member"));
        }
        assertThatThrownBy(() -> json(query, "FROM items_changes"))
            .isInstanceOf(TidemarkException.class)
            .hasMessageContaining("items_changes does not exist");
        assertThatThrownBy(() -> json(query, "FROM read_csv('/etc/passwd')"))
            .isInstanceOf(TidemarkException.class)
            .hasMessageContaining("Permission Error");
      }
    }
    Path nowhere = folder.resolve("nowhere.duckdb");
    assertThatThrownBy(() -> DuckDbQuery.ofFile(List.of(nowhere), options()))
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining("there is no such file. Run the pipeline first.");
  }

  private DuckDbOptions options() {
    return new DuckDbOptions(1L << 28, 2, folder.resolve("query"));
  }

  private static String json(DuckDbQuery query, String sql) {
    try (QueryResult result = query.run(sql)) {
      return result.toJson().replace("\n", "");
    }
  }

  @Test
  void whatIsKeptIsSettledWhenTheFileIsBegun() throws Exception {
    DuckDbConfig config = publishing(Duration.ZERO);
    try (DuckDbFixture destination = new DuckDbFixture(config);
        SinkSession session = SinkSession.open(destination)) {
      session.flush(110);
    }
    try (DuckDbSink other = new DuckDbSink(config.keeping(Keep.BOTH))) {
      assertThatThrownBy(other::open)
          .isInstanceOf(TidemarkException.class)
          .hasMessageContaining("Cannot keep 'both' in ")
          .hasMessageContaining("the file was begun with 'keep: current'");
    }
    try (DuckDbFixture destination = new DuckDbFixture(config);
        SinkSession session = SinkSession.open(destination)) {
      assertThat(session.opened().epoch()).isEqualTo(2);
    }
  }

  @Test
  void namesThatChangesNeedAreRefusedWhereTheyAreKept() throws Exception {
    TableSchema taken = Form.of("shop.Items_Changes").key("id", Form.BIGINT).schema();
    TableSchema column =
        Form.of("shop.odd").key("id", Form.BIGINT).column("_OP", Form.TEXT).schema();
    try (DuckDbFixture destination =
            new DuckDbFixture(publishing(Duration.ZERO).keeping(Keep.BOTH));
        SinkSession session = SinkSession.open(destination)) {
      session.sink().prepare(ITEMS);
      assertThatThrownBy(() -> session.sink().prepare(taken))
          .isInstanceOf(SinkException.Rejected.class)
          .hasMessageContaining("DuckDB cannot tell its name from that of shop.items");
      assertThatThrownBy(() -> session.sink().prepare(column))
          .isInstanceOf(SinkException.Rejected.class)
          .hasMessageContaining("the name of its column _OP is one that changes have");
    }
  }

  @Test
  void aDatabaseOfMotherDuckIsPassedOnAndItsTokenIsNeverShown() {
    List<String> problems = new ArrayList<>();
    Map<String, Object> written = Map.of("path", "md:bank?motherduck_token=secret");
    DuckDbConfig config =
        DuckDbConfig.from(
            Settings.read(DuckDbConfig.SPEC, written, "sink", problems), "sink", problems);
    assertThat(problems).isEmpty();
    assertThat(config.isFile()).isFalse();
    assertThat(config.database()).isEqualTo("md:bank?motherduck_token=secret");
    assertThat(config.place()).isEqualTo("md:bank");
    assertThat(config.publishEvery()).isZero();
  }

  @Test
  void whatIsShownOfATableIsItsWordAndThatItsNameHasLeft() throws Exception {
    DuckDbConfig config = publishing(Duration.ZERO);
    TableName old = new TableName("shop", "old");
    TableState partial = TableState.waiting().out(Phase.MEMBER, "no key", new Lsn(100));
    try (DuckDbFixture destination = new DuckDbFixture(config)) {
      try (SinkSession session = SinkSession.open(destination)) {
        session.phase(old, Phase.MEMBER).stands(ITEMS.name(), partial).flush(110);
      }
      assertThat(shown(config)).containsExactly("items,partial,no key,0/64", "old,member,null,0/0");
      try (SinkSession session = SinkSession.open(destination)) {
        session.stands(ITEMS.name(), partial).flush(210);
        session.phase(ITEMS.name(), Phase.MEMBER).flush(220);
      }
      List<String> left =
          List.of(
              "items,member,null,0/0",
              "old,detached,no table of the pipeline has this name any more,0/D2");
      assertThat(shown(config)).isEqualTo(left);
      try (SinkSession session = SinkSession.open(destination)) {
        session.phase(ITEMS.name(), Phase.MEMBER).phase(old, Phase.COPYING).flush(310);
        session.leaves(old).flush(320);
      }
      assertThat(shown(config)).containsExactly(left.get(0), left.get(1).replace("0/D2", "0/140"));
    }
  }

  @Test
  void aClaimOfItsOwnWhoseAnswerWasLostIsKnownAgain() throws Exception {
    DuckDbConfig config = publishing(Duration.ZERO);
    try (DuckDbFixture destination = new DuckDbFixture(config);
        SinkSession session = SinkSession.open(destination)) {
      long held = session.opened().epoch();
      // the answer to the first of the two never came
      assertThat(session.sink().reopen(held).epoch()).isEqualTo(held + 1);
      assertThat(session.sink().reopen(held).epoch()).isEqualTo(held + 2);
      ChangeBatch batch = Batches.of(ITEMS).at(100).insert(1L, "a").batch();
      session.stage(batch).flush(110);
      Seen.in(destination).holds(ITEMS, batch);
      session.close();
      try (SinkSession other = SinkSession.open(destination)) {
        assertThat(other.opened().epoch()).isEqualTo(held + 3);
      }
      assertThatThrownBy(() -> session.sink().reopen(held + 2))
          .isInstanceOf(SinkException.Fenced.class);
    }
  }

  @Test
  void aTableIsPartitionedPlainAndPartitionedAgain() throws Exception {
    Form parted = Form.of("shop.parts").key("id", Form.BIGINT).partitioned();
    TableSchema first = parted.schema();
    TableSchema plain = inVersion(first, 2, false);
    TableSchema again = inVersion(first, 3, true);
    ChangeBatch before = Batches.of(first).at(100).insert(1L).leaf("shop.p1").batch();
    ChangeBatch copy = Batches.of(plain).at(199).attempt().read(1L).batch();
    ChangeBatch last =
        Batches.of(again)
            .at(299)
            .attempt()
            .read(1L)
            .leaf("shop.p1")
            .read(2L)
            .leaf("shop.p2")
            .batch();
    try (DuckDbFixture destination = new DuckDbFixture(publishing(Duration.ZERO));
        SinkSession session = SinkSession.open(destination)) {
      session.stage(before).flush(110).stage(copy).flush(210);
      Seen.in(destination).holds(plain, before, copy);
      session.stage(last).flush(310);
      Seen.in(destination).holds(again, before, copy, last);
    }
  }

  private static TableSchema inVersion(TableSchema schema, int version, boolean partitioned) {
    return new TableSchema(
        schema.name(),
        schema.relationOid(),
        version,
        schema.columns(),
        schema.key(),
        schema.identity(),
        partitioned);
  }

  @Test
  void aRefusedTableKeepsItsNameFromNobody() throws Exception {
    TableSchema refused =
        Form.of("shop.Items").column("a", Form.TEXT).column("A", Form.TEXT).schema();
    ChangeBatch batch = Batches.of(ITEMS).at(100).insert(1L, "a").batch();
    try (DuckDbFixture destination = new DuckDbFixture(publishing(Duration.ZERO));
        SinkSession session = SinkSession.open(destination)) {
      assertThatThrownBy(() -> session.sink().prepare(refused))
          .isInstanceOf(SinkException.Rejected.class);
      session.stage(batch).flush(110);
      Seen.in(destination).holds(ITEMS, batch);
    }
  }

  @Test
  void anUpdateWithoutItsKeyIsRefused() throws Exception {
    ChangeBatch before = Batches.of(ITEMS).at(100).insert(1L, "a").batch();
    try (DuckDbFixture destination = new DuckDbFixture(publishing(Duration.ZERO));
        SinkSession session = SinkSession.open(destination)) {
      session.stage(before).flush(110);
      session.stage(Batches.of(ITEMS).at(200).update(Batches.UNCHANGED, "b").batch());
      assertThatThrownBy(() -> session.flush(210))
          .hasMessageContaining("1 rows were updated whose key is not in the log as a whole");
      Seen.in(destination).holds(ITEMS, before);
    }
  }

  @Test
  void whatWaitingDoesNotHelpIsToldInTheEnd() throws Exception {
    DuckDbConfig config = publishing(Duration.ZERO);
    try (DuckDbFixture destination = new DuckDbFixture(config);
        SinkSession session = SinkSession.open(destination)) {
      session.stage(Batches.of(ITEMS).at(100).insert(1L, "a").batch()).seal(110);
      try (Connection other =
              new DuckDBDriver()
                  .connect("jdbc:duckdb:" + config.path(), CopyFile.properties(config));
          Statement statement = other.createStatement()) {
        // what two transactions make at the same time is a conflict to DuckDB
        statement.execute("BEGIN");
        statement.execute("CREATE SCHEMA shop");
        for (int i = 1; i < 10; i++) {
          assertThatThrownBy(() -> session.commitSealed(110))
              .isInstanceOf(SinkException.Retryable.class);
        }
        assertThatThrownBy(() -> session.commitSealed(110))
            .isInstanceOf(TidemarkException.class)
            .hasMessageContaining("memory-limit");
        statement.execute("ROLLBACK");
      }
      session.commitSealed(110);
    }
  }

  private static List<String> shown(DuckDbConfig config) throws SQLException {
    try (Connection reader = connect(config.path())) {
      return rows(
          reader,
          "SELECT table_name, state, reason, since FROM _tidemark.tables ORDER BY table_name");
    }
  }

  private DuckDbConfig publishing(Duration every) throws Exception {
    Path file = Files.createTempDirectory(folder, "copy").resolve("bank.duckdb");
    return DuckDbConfig.of(file).publishing(every, 1L << 30);
  }

  private static Connection connect(Path file) throws SQLException {
    Properties readOnly = new Properties();
    readOnly.setProperty("access_mode", "READ_ONLY");
    return new DuckDBDriver().connect("jdbc:duckdb:" + file, readOnly);
  }

  private static List<String> rows(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<String> all = new ArrayList<>();
      while (rows.next()) {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
          row.add(rows.getString(i));
        }
        all.add(String.join(",", row));
      }
      return all;
    }
  }
}
