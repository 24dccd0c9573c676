package io.tidemark.parquet;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.TableSchema;
import io.tidemark.parquet.state.AsOf;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two thousand tables that all change within one flush, in the heap of a test. */
class ManyTablesTest {
  private static final int TABLES = 2_000;

  @TempDir Path folder;

  @Test
  @Tag("thorough")
  void twoThousandTablesInOneFlush() throws Exception {
    ParquetConfig config = ParquetConfig.of(folder.resolve("lake").toString());
    try (ParquetSink sink = new ParquetSink(config)) {
      sink.open();
      for (int flush = 0; flush < 2; flush++) {
        for (int round = 0; round < 10; round++) {
          for (int i = 0; i < TABLES; i++) {
            TableSchema table = SinkRows.table("many.t" + i);
            long id = (flush * 10L + round) * 3;
            sink.stage(SinkRows.rows(table, id, id + 3));
          }
        }
        SinkRows.commit(sink, 1_000 + flush);
      }
    }
    try (ParquetLake lake = ParquetLake.open(config, folder.resolve("cache"), 1);
        LakeView view = lake.at(AsOf.LATEST)) {
      assertThat(view.tables()).hasSize(TABLES);
      view.tables()
          .values()
          .forEach(
              files -> assertThat(files).extracting(file -> file.rows()).containsExactly(30L, 30L));
    }
  }
}
