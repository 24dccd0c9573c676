package io.tidemark.app.kill;

import io.tidemark.app.kill.Scene.Choice;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.TestInfo;

/**
 * One run of the kill tests. What is random comes from a seed, which a failure names: {@code
 * -Dtidemark.seed=N} plays it again, as far as the timing of the machine lets it. {@code
 * -Dtidemark.kills=N} changes the number of kills, of the long form for each round.
 *
 * @param folder for everything
 * @param choice what it is about
 * @param test that runs it
 */
record KillRun(Path folder, Choice choice, TestInfo test) {
  /** What is done to the pipeline. */
  interface Work {
    void with(UnderFire pipeline, int kills) throws Exception;
  }

  static long seed() {
    return Long.getLong("tidemark.seed", System.nanoTime());
  }

  /**
   * Does the work, and compares.
   *
   * @param kills how many, where nothing else is asked for
   */
  void run(int kills, Work work) {
    Optional<Integer> asked = Optional.ofNullable(Integer.getInteger("tidemark.kills"));
    System.out.println("kill test: " + choice);
    try (Scene scene = Scene.begin(folder, choice)) {
      work.with(new UnderFire(scene), asked.orElse(kills));
    } catch (Exception | AssertionError e) {
      throw new AssertionError(
          "It failed with %s. Again: ./mvnw -P%s -pl app -am test -Dsurefire.failIfNoSpecifiedTests=false -Dtest=%s#%s -Dtidemark.seed=%d%s"
              .formatted(
                  choice,
                  test.getTags().iterator().next(),
                  test.getTestClass().orElseThrow().getSimpleName(),
                  test.getTestMethod().orElseThrow().getName(),
                  choice.seed(),
                  asked.map(number -> " -Dtidemark.kills=" + number).orElse("")),
          e);
    }
  }
}
