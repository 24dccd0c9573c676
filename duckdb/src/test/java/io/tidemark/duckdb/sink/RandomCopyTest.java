package io.tidemark.duckdb.sink;

import io.tidemark.testkit.RandomLife;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random histories: what the file holds must be what the plain model of the test kit holds. */
class RandomCopyTest {
  @TempDir Path folder;

  @Test
  void theFileHoldsWhatTheModelHolds() throws Exception {
    check(12, 150);
  }

  @Test
  @Tag("thorough")
  void theFileHoldsWhatTheModelHoldsAfterLongHistories() throws Exception {
    check(15, 400);
  }

  private void check(int histories, int steps) throws Exception {
    long first = Long.getLong("tidemark.seed", new Random().nextLong());
    for (long seed = first; seed < first + histories; seed++) {
      Path file = Files.createTempDirectory(folder, "copy").resolve("lived.duckdb");
      Keep keep = Keep.values()[(int) Math.floorMod(seed, 3L)];
      DuckDbConfig config = DuckDbConfig.of(file).keeping(keep).publishing(Duration.ZERO, 0);
      try (DuckDbFixture destination = new DuckDbFixture(config)) {
        new RandomLife(destination, seed).live(steps);
      }
    }
  }
}
