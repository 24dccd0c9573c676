package io.tidemark.duckdb.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
