package io.tidemark.duckdb;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
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
    check(15, 120);
  }

  @Test
  @Tag("thorough")
  void currentRowsEqualTheTableThatLivedThroughLongHistories() throws Exception {
    check(50, 400);
  }

  private void check(int histories, int steps) throws Exception {
    long first = Long.getLong("tidemark.seed", new Random().nextLong());
    for (int i = 0; i < histories; i++) {
      long seed = first + i;
      RandomHistory history = new RandomHistory(folder.resolve("h" + i), seed);
      LakeTable lake = history.live(steps);
      assertThat(sorted(new Reading(folder).rows(lake)))
          .as("history with -Dtidemark.seed=%d", seed)
          .containsExactlyElementsOf(sorted(history.truth()));
    }
  }

  private static List<String> sorted(List<List<String>> rows) {
    return rows.stream().map(String::valueOf).sorted().toList();
  }
}
