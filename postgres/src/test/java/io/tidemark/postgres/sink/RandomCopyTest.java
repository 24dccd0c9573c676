package io.tidemark.postgres.sink;

import io.tidemark.embedded.Version;
import io.tidemark.testkit.RandomLife;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Random histories: what the copy holds must be what the plain model of the test kit holds. */
class RandomCopyTest {
  @RegisterExtension static final SinkServer SERVER = new SinkServer(Version.V15);

  @Test
  void theCopyHoldsWhatTheModelHolds() throws Exception {
    check(6, 150);
  }

  @Test
  @Tag("thorough")
  void theCopyHoldsWhatTheModelHoldsAfterLongHistories() throws Exception {
    check(25, 400);
  }

  private static void check(int histories, int steps) throws Exception {
    long first = Long.getLong("tidemark.seed", new Random().nextLong());
    for (long seed = first; seed < first + histories; seed++) {
      try (PostgresFixture destination = SERVER.empty()) {
        new RandomLife(destination, seed).live(steps);
      }
    }
  }
}
