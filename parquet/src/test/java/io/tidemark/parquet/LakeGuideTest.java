package io.tidemark.parquet;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.TableSchema;
import io.tidemark.testkit.Batches;
import io.tidemark.testkit.Form;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The SQL of the guide answers what the guide says. */
class LakeGuideTest {
  private static final TableSchema ACCOUNTS =
      Form.of("public.accounts").key("id", Form.BIGINT).column("owner", Form.TEXT).schema();
  private static final TableSchema OTHER = Form.of("shop.other").key("id", Form.BIGINT).schema();

  @TempDir Path lake;

  /** Results of the statements of the guide that ask something, in its order. */
  private List<List<List<String>>> run() throws Exception {
    String guide = Files.readString(Path.of("../docs/guide/lake.md"));
    Matcher blocks = Pattern.compile("```sql\n(.*?)```", Pattern.DOTALL).matcher(guide);
    List<List<List<String>>> results = new ArrayList<>();
    try (Duck duck = new Duck()) {
      while (blocks.find()) {
        for (String statement : blocks.group(1).replace("/data/lake", lake.toString()).split(";")) {
          if (statement.strip().startsWith("SELECT")) {
            results.add(duck.rows(statement));
          } else if (!statement.isBlank()) {
            duck.execute(statement);
          }
        }
      }
    }
    return results;
  }

  @Test
  void theGuidesSqlReadsExactlyTheTidemark() throws Exception {
    ParquetConfig config =
        ParquetConfig.of(
            Map.of("path", lake.toString(), "checkpoint-every", "2", "retain-tidemarks", "3"));
    try (ParquetSink sink = new ParquetSink(config)) {
      sink.open();
      sink.stage(Batches.of(ACCOUNTS).at(90).insert(9L, "before the copy").batch());
      sink.stage(Batches.of(ACCOUNTS).at(99).attempt().read(1L, "Ann").read(2L, "Bob").batch());
      sink.stage(Batches.of(OTHER).at(99).insert(1L).batch());
      SinkRows.commit(sink, 110);
      sink.stage(Batches.of(ACCOUNTS).at(120).update(1L, "Anna").insert(3L, "Cid").batch());
      SinkRows.commit(sink, 130);
      compare(0x82, 2, 6);
      for (int lsn = 200; lsn < 210; lsn++) {
        SinkRows.commit(sink, lsn);
      }
      sink.stage(Batches.of(ACCOUNTS).at(300).delete(2L).batch());
      SinkRows.commit(sink, 310);
      sink.stage(Batches.of(ACCOUNTS).at(400).delete(1L).batch());
      sink.seal(SinkRows.at(410));
      assertThat(current()).containsExactly(List.of("1", "Anna"), List.of("3", "Cid"));
    }
    try (LakeUpkeep upkeep = LakeUpkeep.open(config)) {
      upkeep.compact();
    }
    compare(0x136, 1, 7);
    assertThat(current()).containsExactly(List.of("1", "Anna"), List.of("3", "Cid"));
  }

  private void compare(long tidemark, int files, int rows) throws Exception {
    List<List<List<String>>> results = run();
    assertThat(results.get(0).get(0).get(0))
        .isEqualTo(
            "{slot=0/" + Long.toHexString(tidemark).toUpperCase(java.util.Locale.ROOT) + "}");
    assertThat(results.get(1))
        .containsExactly(
            List.of("public", "accounts", "" + files, "" + rows),
            List.of("shop", "other", "1", "1"));
  }

  private List<List<String>> current() throws Exception {
    return run().get(2).stream().map(row -> row.subList(0, 2)).toList();
  }
}
