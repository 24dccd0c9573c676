package io.tidemark.postgres.sink;

import io.tidemark.embedded.Version;
import io.tidemark.postgres.sink.PostgresSinkConfig.Apply;
import io.tidemark.testkit.RandomLife;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Random histories: what the copy holds must be what the plain model of the test kit holds. */
class RandomCopyTest {
  @RegisterExtension static final SinkServer SERVER = new SinkServer(Version.V15);

  @ParameterizedTest
  @EnumSource
  void theCopyHoldsWhatTheModelHolds(Apply apply) throws Exception {
    check(apply, 6, 150);
  }

  @ParameterizedTest
  @EnumSource
  @Tag("thorough")
  void theCopyHoldsWhatTheModelHoldsAfterLongHistories(Apply apply) throws Exception {
    check(apply, 25, 400);
  }

  private static void check(Apply apply, int histories, int steps) throws Exception {
    long first = Long.getLong("tidemark.seed", new Random().nextLong());
    for (long seed = first; seed < first + histories; seed++) {
      try (PostgresFixture destination = SERVER.empty(SERVER.config().applying(apply))) {
        new RandomLife(destination, seed).live(steps);
      }
    }
  }
}
