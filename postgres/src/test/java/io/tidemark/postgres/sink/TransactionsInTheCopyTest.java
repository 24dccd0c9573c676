package io.tidemark.postgres.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import io.tidemark.postgres.sink.PostgresSinkConfig.Apply;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From a source to a copy: which transactions a reader of the copy sees, and which rows not. */
@Timeout(180)
class TransactionsInTheCopyTest {
  private static EmbeddedPostgres server;
  @TempDir static Path folder;

  @BeforeAll
  static void start() {
    server = EmbeddedPostgres.start(Version.V15);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static void databases(String name, String... statements) throws Exception {
    server.createDatabase(name);
    server.createDatabase(name + "_copy");
    server.executeIn(name, statements);
  }

  @Test
  void eachTransactionIsOneOfTheCopy() throws Exception {
    databases(
        "single",
        "CREATE TABLE a (id int PRIMARY KEY, t int, old int)",
        "CREATE TABLE b (t int)",
        "INSERT INTO a VALUES (0, 0, 0)");
    try (PipelineToPostgres pipeline =
        new PipelineToPostgres(server, "single", folder, Apply.TRANSACTIONAL, "table")) {
      pipeline.awaitRows("a", 1);
      try (Connection connection = server.connect("single");
          Statement statement = connection.createStatement()) {
        for (int t = 1; t <= 300; t++) {
          statement.execute(
              "BEGIN; INSERT INTO a VALUES (%1$d, %1$d); INSERT INTO b VALUES (%1$d), (%1$d); UPDATE a SET old = %1$d WHERE id = %1$d - 1; COMMIT"
                  .formatted(t));
        }
      }
      pipeline.flush();
      assertThat(pipeline.copy("SELECT count(DISTINCT xmin::text) FROM b")).containsExactly("300");
      assertThat(
              pipeline.copy(
                  "SELECT count(DISTINCT b.xmin::text) FROM b JOIN a ON a.old = b.t AND a.xmin ="
                      + " b.xmin"))
          .as("rows of two tables in one transaction")
          .containsExactly("300");
      assertThat(pipeline.copy("SELECT sum(id)::text || ' ' || sum(old) FROM a"))
          .containsExactly("45150 45150");
    }
  }

  @ParameterizedTest
  @CsvSource({"BATCH, row", "BATCH, transaction", "TRANSACTIONAL, transaction"})
  void rowsThatAConstraintOfTheUsersRefusesArePutAside(Apply apply, String onReject)
      throws Exception {
    String name = "refused_" + apply.name().toLowerCase(java.util.Locale.ROOT) + "_" + onReject;
    databases(
        name,
        "CREATE TABLE a (id int PRIMARY KEY, v int)",
        "CREATE TABLE b (id int PRIMARY KEY, of int)",
        "INSERT INTO a VALUES (1, 1)",
        "INSERT INTO b VALUES (1, 1)");
    try (PipelineToPostgres pipeline =
        new PipelineToPostgres(server, name, folder, apply, onReject)) {
      pipeline.awaitRows("a", 1);
      pipeline.awaitRows("b", 1);
      pipeline.flush();
      server.executeIn(
          name + "_copy",
          "ALTER TABLE a ADD CONSTRAINT own_check CHECK (v < 100)",
          "ALTER TABLE a ADD CONSTRAINT own_unique UNIQUE (v)",
          // checked in a replica too
          "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF NOT EXISTS (SELECT"
              + " FROM public.a WHERE id = NEW.of) THEN RAISE foreign_key_violation; END IF; RETURN NEW;"
              + " END$$",
          "CREATE CONSTRAINT TRIGGER own_trigger AFTER INSERT ON b INITIALLY DEFERRED FOR EACH ROW"
              + " EXECUTE FUNCTION no()",
          "ALTER TABLE b ENABLE ALWAYS TRIGGER own_trigger");
      server.executeIn(
          name,
          "INSERT INTO a VALUES (2, 2), (3, 3)",
          "BEGIN; INSERT INTO a VALUES (4, 400), (5, 5); INSERT INTO b VALUES (5, 5); COMMIT",
          "INSERT INTO a VALUES (6, 3)",
          "INSERT INTO b VALUES (7, 99)",
          "INSERT INTO a VALUES (8, 8)",
          "UPDATE a SET v = 40 WHERE id = 4",
          "UPDATE a SET v = 9 WHERE id = 2");
      pipeline.flush();
      boolean rows = onReject.equals("row");
      assertThat(pipeline.copy("SELECT id || ' ' || v FROM a ORDER BY id"))
          .containsExactlyElementsOf(
              rows
                  ? List.of("1 1", "2 9", "3 3", "5 5", "8 8")
                  : List.of("1 1", "2 9", "3 3", "8 8"));
      assertThat(pipeline.copy("SELECT id FROM b ORDER BY id"))
          .containsExactlyElementsOf(rows ? List.of("1", "5") : List.of("1"));
      assertThat(
              pipeline.copy(
                  "SELECT count(*) FROM tidemark.state WHERE key LIKE 'letter/%' AND value LIKE"
                      + " '%own_check%'"))
          .doesNotContain("0");
      assertThat(pipeline.copy("SELECT count(*) FROM tidemark.state WHERE key LIKE 'letter/%'"))
          .as("the letters: 4, its update, 6, b 7; by transaction 5 and b 5 too")
          .containsExactly(rows ? "4" : "6");
    }
  }

  @Test
  void theTableLeavesOrThePipelineStopsWhereThatWasSaid() throws Exception {
    for (String onReject : List.of("table", "stop")) {
      String name = "refusing_" + onReject;
      databases(
          name,
          "CREATE TABLE a (id int PRIMARY KEY, v int)",
          "CREATE TABLE b (id int PRIMARY KEY)",
          "INSERT INTO a VALUES (1, 1)");
      try (PipelineToPostgres pipeline =
          new PipelineToPostgres(server, name, folder, Apply.TRANSACTIONAL, onReject)) {
        pipeline.awaitRows("a", 1);
        server.executeIn(name + "_copy", "ALTER TABLE a ADD CONSTRAINT own CHECK (v < 100)");
        server.executeIn(
            name,
            "INSERT INTO a VALUES (2, 2)",
            "INSERT INTO a VALUES (3, 300)",
            "INSERT INTO b VALUES (1)");
        if (onReject.equals("table")) {
          pipeline.awaitRows("b", 1);
          pipeline.flush();
          assertThat(pipeline.copy("SELECT reason FROM tidemark.tables WHERE table_name = 'a'"))
              .singleElement()
              .asString()
              .contains("constraint own");
        } else {
          assertThatThrownBy(() -> pipeline.running().get(60, TimeUnit.SECONDS))
              .isInstanceOf(ExecutionException.class)
              .hasMessageContaining("constraint own")
              .hasMessageContaining("on-reject is 'stop'");
        }
        assertThat(pipeline.copy("SELECT id FROM a ORDER BY id")).containsExactly("1", "2");
      }
    }
  }
}
