package io.tidemark.duckdb.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.api.sink.SinkException;
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

  @Test
  void noFileIsMadeForReadersWhereThatIsOffOrTheFileIsTooLong() throws Exception {
    DuckDbConfig never = publishing(Duration.ZERO);
    DuckDbConfig small =
        new DuckDbConfig(
            folder.resolve("small.duckdb"), 1L << 28, 1, folder, Duration.ofNanos(1), 100);
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
          .hasMessageContaining("the file has a table or view of that name already");
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
    return new DuckDbConfig(file, 1L << 28, 1, folder.resolve("temp"), every, 1L << 30);
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
