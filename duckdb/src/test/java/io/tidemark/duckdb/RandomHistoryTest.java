package io.tidemark.duckdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.copy.CopyReader.KeyRange;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Current rows against a model that knows nothing of SQL, over random histories. */
class RandomHistoryTest {
  @TempDir Path folder;

  @Test
  void currentRowsEqualTheTableThatLivedThroughTheHistory() throws Exception {
    check(40, 120);
  }

  @Test
  @Tag("thorough")
  void currentRowsEqualTheTableThatLivedThroughLongHistories() throws Exception {
    check(300, 400);
  }

  private void check(int histories, int steps) throws Exception {
    long first = Long.getLong("tidemark.seed", new Random().nextLong());
    for (int i = 0; i < histories; i++) {
      long seed = first + i;
      RandomHistory history = new RandomHistory(folder.resolve("h" + i), seed);
      LakeTable lake = history.live(steps);
      assertThat(sorted(read(lake)))
          .as("history with -Dtidemark.seed=%d", seed)
          .containsExactlyElementsOf(sorted(history.truth()));
    }
  }

  private List<List<String>> read(LakeTable lake) {
    DuckDbOptions options = new DuckDbOptions(256L << 20, 2, folder.resolve("spill"));
    try (DuckDbCopy copy =
        DuckDbCopy.open(Position.of("slot", Lsn.parse("0/20")), List.of(lake.copied()), options)) {
      List<List<String>> rows = new ArrayList<>();
      copy.rows(new TableName("public", "lived"), KeyRange.ALL).forEachRemaining(rows::add);
      return rows;
    }
  }

  private static List<String> sorted(List<List<String>> rows) {
    return rows.stream().map(String::valueOf).sorted().toList();
  }
}
