package io.tidemark.snowflake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.SinkException;
import io.tidemark.embedded.EmbeddedS3;
import io.tidemark.testkit.Batches;
import io.tidemark.testkit.Form;
import io.tidemark.testkit.Seen;
import io.tidemark.testkit.SinkSession;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pieces through a bucket that the stand-in reads as Snowflake would, past PUT. */
class ExternalStageTest {
  private static final TableSchema ITEMS =
      Form.of("public.items").key("id", Form.BIGINT).column("name", Form.TEXT).schema();

  @TempDir Path folder;

  private static Map<String, Object> options(EmbeddedS3 server, String bucket) {
    Map<String, Object> options = new TreeMap<>();
    options.put("external-stage.name", "bank.raw.landing");
    options.put("external-stage.url", "s3://" + bucket + "/in/here");
    options.put("external-stage.endpoint", server.endpoint().toString());
    options.put("external-stage.region", EmbeddedS3.REGION);
    options.put("external-stage.path-style", "true");
    options.put("external-stage.access-key", server.accessKey());
    options.put("external-stage.secret-key", server.secretKey());
    return options;
  }

  private static List<String> files(Path below) throws Exception {
    if (!Files.exists(below)) {
      return List.of();
    }
    try (Stream<Path> all = Files.walk(below)) {
      return all.filter(Files::isRegularFile)
          .map(file -> below.relativize(file).toString())
          .sorted()
          .toList();
    }
  }

  @Test
  void filesGoIntoTheBucketAndAreLoadedAndRemovedThere() throws Exception {
    ChangeBatch first = Batches.of(ITEMS).at(100).insert(1L, "a").insert(2L, "b").batch();
    ChangeBatch second = Batches.of(ITEMS).at(200).update(1L, "aa").delete(2L).batch();
    Path place = folder.resolve("s3").resolve("landing").resolve("in").resolve("here");
    try (EmbeddedS3 server = EmbeddedS3.start(folder.resolve("s3"))) {
      server.createBucket("landing");
      try (StandInFixture destination =
          new StandInFixture(folder.resolve("one"), options(server, "landing"), place)) {
        try (SinkSession session = SinkSession.open(destination)) {
          session.stage(first).seal(110);
          assertThat(files(place)).containsExactly("bank/1/1/public.items_1.parquet");
          session.commitSealed(110);
          assertThat(files(place)).as("what is loaded is removed").isEmpty();
          session.stage(second).seal(210);
        }
        try (SinkSession session = SinkSession.open(destination)) {
          assertThat(files(place)).as("what a dead writer left is removed").isEmpty();
          session.stage(second).flush(210);
          Seen.in(destination).holds(ITEMS, first, second);
        }
        assertThat(destination.account().said())
            .anyMatch(sql -> sql.contains("FROM @BANK.RAW.LANDING/bank/1/1/"))
            .noneMatch(sql -> sql.startsWith("PUT "))
            .noneMatch(sql -> sql.startsWith("CREATE STAGE"));
      }
      try (StandInFixture destination =
              new StandInFixture(folder.resolve("two"), options(server, "missing"), place);
          SinkSession session = SinkSession.open(destination)) {
        session.stage(first);
        assertThatThrownBy(() -> session.seal(110))
            .isInstanceOf(SinkException.Retryable.class)
            .hasMessageStartingWith("Cannot upload rows to @BANK.RAW.LANDING: ");
        server.createBucket("missing");
        session.seal(110);
        assertThat(session.sealed()).hasSize(1);
        assertThat(session.sealed().get(0).bytes()).isPositive();
      }
    }
  }

  @Test
  void nameAndUrlBelongTogether() {
    for (Map<String, Object> wrong :
        List.<Map<String, Object>>of(
            Map.of("external-stage.name", "RAW.LANDING"),
            Map.of("external-stage.url", "s3://landing"),
            Map.of("external-stage.name", "LANDING", "external-stage.url", "s3://landing"),
            Map.of("external-stage.name", "RAW.LANDING", "external-stage.url", "gcs://landing"))) {
      assertThatThrownBy(() -> StandInFixture.config(folder, wrong))
          .as("%s", wrong)
          .hasMessageContaining("sink.external-stage");
    }
  }
}
