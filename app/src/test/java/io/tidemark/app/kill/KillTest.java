package io.tidemark.app.kill;

import io.tidemark.app.kill.Scene.Choice;
import io.tidemark.app.kill.Scene.Copies;
import io.tidemark.app.kill.Scene.Grade;
import io.tidemark.app.kill.Scene.Store;
import io.tidemark.embedded.Version;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
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
 * there ever was.
 *
 * <p>What is random comes from a seed, which a failure names: {@code -Dtidemark.seed=N} plays it
 * again, as far as the timing of the machine lets it. {@code -Dtidemark.kills=N} changes the number
 * of kills, of the long form for each round; {@code -Dtidemark.minutes=N} how long that goes on.
 */
class KillTest {
  private final Optional<Integer> kills = Optional.ofNullable(Integer.getInteger("tidemark.kills"));
  private final long seed = Long.getLong("tidemark.seed", System.nanoTime());

  @TempDir Path folder;

  private interface Work {
    void with(UnderFire pipeline) throws Exception;
  }

  @Test
  @Tag("thorough")
  void nothingIsLostOrDoubledInAFolder(TestInfo test) throws Exception {
    run(
        new Choice(seed, Version.V18, Grade.EXACT, Store.FOLDER, Copies.LAKE),
        test,
        pipeline -> pipeline.round(kills.orElse(12)));
  }

  @Test
  @Tag("thorough")
  void norOnS3WithAFileBesideIt(TestInfo test) throws Exception {
    run(
        new Choice(seed, Version.V15, Grade.PLAIN, Store.S3, Copies.LAKE_AND_FILE),
        test,
        pipeline -> pipeline.round(kills.orElse(13)));
  }

  @Test
  @Tag("long")
  void norAfterHours(TestInfo test) throws Exception {
    long until =
        System.nanoTime() + Duration.ofMinutes(Long.getLong("tidemark.minutes", 120)).toNanos();
    run(
        drawn(),
        test,
        pipeline -> {
          do {
            pipeline.round(kills.orElse(25));
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

  private void run(Choice choice, TestInfo test, Work work) {
    System.out.println("kill test: " + choice);
    try (Scene scene = Scene.begin(folder, choice)) {
      work.with(new UnderFire(scene));
    } catch (Exception | AssertionError e) {
      throw new AssertionError(
          "It failed with %s. Again: ./mvnw -P%s -pl app -am test -Dsurefire.failIfNoSpecifiedTests=false -Dtest=KillTest#%s -Dtidemark.seed=%d%s"
              .formatted(
                  choice,
                  test.getTags().iterator().next(),
                  test.getTestMethod().orElseThrow().getName(),
                  seed,
                  kills.map(number -> " -Dtidemark.kills=" + number).orElse("")),
          e);
    }
  }
}
