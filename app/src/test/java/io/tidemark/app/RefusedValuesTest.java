package io.tidemark.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Values that their columns cannot hold, under {@code overflow: reject}, from PostgreSQL through
 * snapshot and stream into the lake or its dead letters, and from there into the lake again.
 */
@Timeout(180)
class RefusedValuesTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ALL = "SELECT id, v::text AS v FROM prices ORDER BY id";

  @TempDir Path folder;

  @Test
  void areForTheDeadLettersWithWhatFollowsThem() throws Exception {
    try (EmbeddedPostgres pg = EmbeddedPostgres.start(Version.V15)) {
      pg.execute(
          "CREATE TABLE prices (id int PRIMARY KEY, v numeric(8,2))",
          "INSERT INTO prices VALUES (1, 1.50), (2, 'NaN'), (3, 3)");
      String config = configuration(pg.uri("postgres"), "transaction");
      try (Program pipeline = Program.start(folder, "run", config)) {
        awaitAnswer(pipeline, config, ALL, "[{\"id\":1,\"v\":\"1.50\"},{\"id\":3,\"v\":\"3.00\"}]");
        pg.execute(
            "BEGIN; INSERT INTO prices VALUES (4, 4), (5, 'NaN'); UPDATE prices SET v = 2"
                + " WHERE id = 2; UPDATE prices SET v = 'NaN' WHERE id = 1; COMMIT",
            "DELETE FROM prices WHERE id = 3");
        // rows are in the copy as they were before the transaction that is not taken
        awaitAnswer(pipeline, config, ALL, "[{\"id\":1,\"v\":\"1.50\"}]");
        JsonNode letters = letters(config);
        assertThat(letters.findValuesAsText("op"))
            .containsExactly("read", "create", "create", "update", "update");
        assertThat(letters.findValuesAsText("reason"))
            .anySatisfy(
                reason ->
                    assertThat(reason)
                        .isEqualTo(
                            "Cannot hold the value of column v (numeric(8,2)) of public.prices: its"
                                + " type in the copy does not cover it, and the source's overflow is"
                                + " 'reject'. Set overflow to raw or text to keep such values."));
        String list = Program.inProcess("tables", "list", "--config", config).out();
        assertThat(list).contains("5 rows were not taken by a sink and wait as dead letters.");

        Program.Said replayed =
            Program.inProcess("dead-letters", "replay", "--config", config, "public.prices");
        assertThat(replayed.status()).as(replayed.err()).isZero();
        pg.execute("INSERT INTO prices VALUES (6, 6)");
        awaitAnswer(
            pipeline,
            config,
            "SELECT id, coalesce(v__raw, v::text) AS v FROM prices ORDER BY id",
            "[{\"id\":1,\"v\":\"NaN\"},{\"id\":2,\"v\":\"2.00\"},{\"id\":4,\"v\":\"4.00\"},"
                + "{\"id\":5,\"v\":\"NaN\"},{\"id\":6,\"v\":\"6.00\"}]");
        assertThat(letters(config)).isEmpty();
        pipeline.signal("TERM");
        assertThat(pipeline.end(30).status()).isZero();
      }
    }
  }

  @Test
  void rowsAloneAreNotForACopyThatPromisesWholeTransactions() throws Exception {
    String config = configuration("postgres://nobody@127.0.0.1:1/none", "row");
    Program.Said said = Program.inProcess("validate", config);
    assertThat(said.status()).isEqualTo(2);
    assertThat(said.err())
        .contains(
            "on-reject: 'row' does not fit sink parquet, which promises whole transactions. Set it"
                + " to transaction, table or stop.");
  }

  private JsonNode letters(String config) throws Exception {
    Program.Said said = Program.inProcess("dead-letters", "list", "--config", config, "--json");
    assertThat(said.status()).as(said.err()).isZero();
    return JSON.readTree(said.lastLine()).get("letters");
  }

  private static void awaitAnswer(Program pipeline, String config, String sql, String wanted)
      throws Exception {
    String answer = "";
    while (!answer.equals(wanted)) {
      assertThat(pipeline.isRunning()).as("%s%n%s", pipeline.said(), answer).isTrue();
      Program.Said said = Program.inProcess("query", "--config", config, "--json", sql);
      answer = said.out().strip();
    }
  }

  private String configuration(String source, String onReject) throws Exception {
    Path file = folder.resolve("tidemark.yaml");
    Files.writeString(
        file,
        """
        name: prices
        data-dir: %s
        flush.interval: 200ms
        on-reject: %s
        source:
          type: postgres
          url: %s
          overflow: reject
        sinks:
          - type: parquet
            path: %s
        """
            .formatted(folder.resolve("data"), onReject, source, folder.resolve("lake")));
    return file.toString();
  }
}
