package io.tidemark.app.kill;

import io.tidemark.app.kill.Scene.Choice;
import io.tidemark.app.kill.Scene.Copies;
import io.tidemark.app.kill.Scene.Grade;
import io.tidemark.app.kill.Scene.Store;
import io.tidemark.embedded.Version;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/**
 * The promise under fire: the process is killed (SIGKILL) again and again in the middle of its
 * work, and put to sleep and woken after another took over, while the server restarts and crashes,
 * connections are cut, tables change their form, partitions come and go, commits wait for a
 * standby, and a table leaves the publication. At the end every value of every row of every copy
 * equals the source, no change is missing or there twice, and the bank balanced at every tidemark
 * there ever was. {@link KillOnS3Test} does the same elsewhere, in another process, so that both
 * share the time.
 *
 * <p>{@link KillRun} says how a failure is played again; {@code -Dtidemark.minutes=N} is how long
 * the long form goes on.
 */
class KillTest {
  private final long seed = KillRun.seed();

  @TempDir Path folder;

  @Test
  @Tag("thorough")
  void nothingIsLostOrDoubledInAFolder(TestInfo test) {
    Choice choice = new Choice(seed, Version.V18, Grade.EXACT, Store.FOLDER, Copies.LAKE);
    new KillRun(folder, choice, test).run(12, UnderFire::round);
  }

  @Test
  @Tag("long")
  void norAfterHours(TestInfo test) {
    long until =
        System.nanoTime() + Duration.ofMinutes(Long.getLong("tidemark.minutes", 120)).toNanos();
    new KillRun(folder, drawn(), test)
        .run(
            25,
            (pipeline, kills) -> {
              do {
                pipeline.round(kills);
              } while (System.nanoTime() < until);
            });
  }

  /** The seed says which server, how it learns of DDL, and where the copies go. */
  private Choice drawn() {
    Random random = new Random(seed);
    return new Choice(
        seed,
        random.nextBoolean() ? Version.V18 : Version.V15,
        random.nextBoolean() ? Grade.EXACT : Grade.PLAIN,
        random.nextBoolean() ? Store.S3 : Store.FOLDER,
        random.nextBoolean() ? Copies.LAKE_AND_FILE : Copies.LAKE);
  }
}
