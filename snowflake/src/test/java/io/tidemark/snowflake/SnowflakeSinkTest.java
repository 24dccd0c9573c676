package io.tidemark.snowflake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.Loads;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.Staged;
import io.tidemark.testkit.Batches;
import io.tidemark.testkit.Form;
import io.tidemark.testkit.ScriptedSource.Script;
import io.tidemark.testkit.Seen;
import io.tidemark.testkit.SinkSession;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnowflakeSinkTest {
  private static final TableSchema ITEMS =
      Form.of("public.items").key("id", Form.BIGINT).column("name", Form.TEXT).schema();

  @TempDir Path folder;

  private static ChangeBatch item(long lsn, long id) {
    return Batches.of(ITEMS).at(lsn).insert(id, "name").batch();
  }

  /** The first words of statements. */
  private static List<String> verbs(List<String> statements) {
    return statements.stream()
        .map(sql -> List.of(sql.split(" ")))
        .map(words -> String.join(" ", words.subList(0, Math.min(2, words.size()))))
        .collect(Collectors.toList());
  }

  @Test
  void whatAddsStandsBeforeTheTransactionAndTheTidemarkIsItsFirstStatement() throws Exception {
    TableSchema next = Form.next(ITEMS).rename("name", "title").column("n", Form.BIGINT).schema();
    try (StandInFixture destination = new StandInFixture(folder);
        SinkSession session = SinkSession.open(destination)) {
      session.stage(item(100, 1)).flush(110);
      session.stage(Batches.of(next).at(200).update(1L, "new", 2L).batch());
      destination.account().said().clear();
      session.flush(210);
      List<String> said = destination.account().said();
      List<String> verbs = verbs(said);
      assertThat(verbs)
          .containsSubsequence(
              "PUT @BANK._TIDEMARK.PIECES/bank/1/2/public.items_1.parquet",
              "CREATE TRANSIENT",
              "ALTER TABLE",
              "UPDATE BANK._TIDEMARK.\"TIDEMARK\"",
              "COPY INTO",
              "MERGE INTO",
              "DELETE FROM",
              "ALTER TABLE",
              "REMOVE @BANK._TIDEMARK.PIECES/bank/1/2/");
      int begin = said.indexOf("BEGIN");
      int commit = said.indexOf("COMMIT");
      assertThat(said.get(begin + 1))
          .startsWith("UPDATE BANK._TIDEMARK.\"TIDEMARK\"")
          .contains("\"EPOCH\" = 1 AND \"PARTS\" = '");
      assertThat(verbs.subList(begin, commit)).doesNotContain("ALTER TABLE", "CREATE TABLE");
      assertThat(said.subList(0, begin)).noneMatch(sql -> sql.contains(" RENAME COLUMN "));
      assertThat(said.subList(0, begin)).noneMatch(sql -> sql.contains(" DROP COLUMN "));
      assertThat(said.subList(commit, said.size()))
          .anyMatch(sql -> sql.endsWith("RENAME COLUMN \"NAME\" TO \"TITLE\""));
    }
  }

  @Test
  void whatALoadCostsIsCountedAndTheWarehouseSleepsBehindIt() throws Exception {
    try (StandInFixture destination = new StandInFixture(folder, Map.of("suspend", "true"));
        SinkSession session = SinkSession.open(destination)) {
      session.stage(item(100, 1)).flush(110);
      List<String> said = destination.account().said();
      assertThat(said.get(said.size() - 1)).isEqualTo("ALTER WAREHOUSE LOADING SUSPEND");
      said.clear();
      session.stage(item(200, 2), item(210, 3)).seal(220);
      int uploads = said.size();
      long bytes = session.sealed().stream().mapToLong(Staged::bytes).sum();
      session.commitSealed(220).flush(230);
      int empty = said.lastIndexOf("BEGIN");
      Loads loads = session.sink().loads();
      assertThat(loads.count()).as("an empty commit is no load").isEqualTo(2);
      assertThat(loads.last().rows()).isEqualTo(2);
      assertThat(loads.last().bytes()).isEqualTo(bytes);
      assertThat(loads.last().statements())
          .as("all but uploads and the order to sleep")
          .isEqualTo(empty - uploads - 1);
      assertThat(loads.last().seconds()).isPositive();
      assertThat(loads.sum().rows()).isEqualTo(3);
      assertThat(loads.sum().seconds()).isGreaterThan(loads.last().seconds());
    }
  }

  @Test
  void anAnswerToACommitThatWasLostIsFoundInTheRow() throws Exception {
    for (boolean arrives : List.of(true, false)) {
      try (StandInFixture destination =
          new StandInFixture(folder.resolve(Boolean.toString(arrives)))) {
        SinkSession session = SinkSession.open(destination);
        session.stage(item(100, 1)).flush(110).stage(item(200, 2)).seal(210);
        destination.account().loseTheAnswerTo("COMMIT", arrives);
        assertThatThrownBy(() -> session.commitSealed(210))
            .isInstanceOf(SinkException.OutcomeUnknown.class);
        session.close();
        try (SinkSession back = SinkSession.reopen(destination, session.opened().epoch())) {
          assertThat(back.opened().tidemark()).isEqualTo(Script.position(arrives ? 210 : 110));
          if (!arrives) {
            back.stage(item(200, 2)).flush(210);
          }
          Seen.in(destination).holds(ITEMS, item(100, 1), item(200, 2));
        }
      }
    }
  }

  @Test
  void whatLiesOutsideOfSnowflakesYearsIsKeptAsPostgresWritesIt() throws Exception {
    TableSchema days =
        Form.of("public.days")
            .key("id", Form.BIGINT)
            .column("d", new DataType.Date())
            .column("t", new DataType.Timestamp(false))
            .column("z", new DataType.Timestamp(true))
            .schema();
    try (StandInFixture destination = new StandInFixture(folder);
        SinkSession session = SinkSession.open(destination)) {
      session
          .stage(
              Batches.of(days)
                  .at(100)
                  .insert(
                      1L,
                      LocalDate.of(-43, 3, 15),
                      LocalDateTime.of(10_000, 1, 1, 0, 0, 0, 500_000_000),
                      Instant.parse("-0043-03-15T12:00:00Z"))
                  .batch())
          .flush(110);
      assertThat(destination.current(days.name()).orElseThrow().get(0).raw())
          .isEqualTo(
              Map.of(
                  "d", "0044-03-15 BC",
                  "t", "10000-01-01 00:00:00.5",
                  "z", "0044-03-15 12:00:00+00 BC"));
    }
  }

  @Test
  void aTableOfSomebodyElseIsRefused() throws Exception {
    try (StandInFixture destination = new StandInFixture(folder);
        SinkSession session = SinkSession.open(destination)) {
      try (Connection other = destination.account().connect();
          Statement statement = other.createStatement()) {
        statement.execute("CREATE SCHEMA BANK.RAW");
        statement.execute("CREATE TABLE BANK.RAW.ITEMS (x INTEGER)");
      }
      assertThatThrownBy(() -> session.sink().prepare(ITEMS))
          .isInstanceOf(SinkException.Rejected.class)
          .hasMessage(
              "Cannot hold table public.items in Snowflake: there is a table or view"
                  + " BANK.\"RAW\".\"ITEMS\" already, which is not of this copy. Rename one of"
                  + " them.");
    }
  }

  @Test
  void namesFollowTheConfiguration() {
    SnowflakeConfig config =
        StandInFixture.config(
            folder, Map.of("schema", "copy_{schema}", "table", "t_{table}", "names", "keep"));
    Destination names = new Destination(config, "bank");
    assertThat(names.name(new TableName("shop", "Orders")))
        .isEqualTo("BANK.\"copy_shop\".\"t_Orders\"");
  }

  @Test
  void aPipelineThatIsStoppedCanBeLookedAt() throws Exception {
    try (StandInFixture destination = new StandInFixture(folder)) {
      SnowflakeConfig config = StandInFixture.config(folder, Map.of());
      assertThat(SnowflakeLook.at(config, "bank", destination.account()::open).entries()).isEmpty();
      try (SinkSession session = SinkSession.open(destination)) {
        session.entry("n", java.util.Optional.of("1")).flush(110);
      }
      SnowflakeLook look = SnowflakeLook.at(config, "bank", destination.account()::open);
      assertThat(look.position()).isEqualTo(Script.position(110));
      assertThat(look.committedAtMicros()).isEqualTo(Batches.committedAt(110));
      assertThat(look.entries()).isEqualTo(Map.of("n", "1"));
    }
  }

  @Test
  void aLoadSaysWhatItTook() throws Exception {
    try (StandInFixture destination = new StandInFixture(folder);
        SinkSession session = SinkSession.open(destination)) {
      session.stage(item(100, 1)).flush(110).flush(120);
      try (Connection reader = destination.account().connect();
          Statement statement = reader.createStatement();
          ResultSet loads =
              statement.executeQuery(
                  "SELECT ROW_COUNT, BYTE_COUNT, SECONDS, count(*) OVER () FROM"
                      + " BANK._TIDEMARK.LOADS")) {
        loads.next();
        assertThat(loads.getLong(1)).isEqualTo(1);
        assertThat(loads.getLong(2)).isPositive();
        assertThat(loads.getDouble(3)).isPositive();
        assertThat(loads.getLong(4)).isEqualTo(1);
      }
    }
  }
}
