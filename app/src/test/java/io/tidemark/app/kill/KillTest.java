package io.tidemark.app.kill;

import io.tidemark.embedded.Version;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The promise under fire: the process is killed (SIGKILL) again and again in the middle of its
 * work, and put to sleep and woken after another took over, while the server restarts and crashes,
 * connections are cut, tables change their form, partitions come and go, commits wait for a
 * standby, and a table leaves the publication. At the end every value of every row equals the
 * source, no change is missing or there twice, and the bank balanced at every tidemark there ever
 * was.
 *
 * <p>What is random comes from a seed, which is printed: {@code -Dtidemark.seed=N} plays it again.
 * {@code -Dtidemark.kills=N} changes the number of kills, {@code -Dtidemark.minutes=N} how long the
 * long form goes on.
 */
class KillTest {
  private final int kills = Integer.getInteger("tidemark.kills", 25);
  private final long seed = Long.getLong("tidemark.seed", System.nanoTime());

  @TempDir Path folder;

  @Test
  @Tag("thorough")
  void nothingIsLostOrDoubledWhateverDies() throws Exception {
    try (UnderFire pipeline = UnderFire.begin(folder, choice())) {
      pipeline.round(kills);
    }
  }

  @Test
  @Tag("long")
  void norAfterHours() throws Exception {
    long until =
        System.nanoTime() + Duration.ofMinutes(Long.getLong("tidemark.minutes", 120)).toNanos();
    try (UnderFire pipeline = UnderFire.begin(folder, choice())) {
      while (System.nanoTime() < until) {
        pipeline.round(kills);
      }
    }
  }

  /** Which server, and whether DDL is written into the log exactly, changes with the seed too. */
  private UnderFire.Choice choice() {
    Random random = new Random(seed);
    return new UnderFire.Choice(
        seed,
        random.nextBoolean() ? Version.V18 : Version.V15,
        random.nextBoolean() ? UnderFire.Grade.EXACT : UnderFire.Grade.PLAIN);
  }
}
