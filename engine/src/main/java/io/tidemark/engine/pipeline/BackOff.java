package io.tidemark.engine.pipeline;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Growing, jittered waits between attempts: from 100 ms doubling to 30 s, each half to full. */
final class BackOff {
  private static final long FIRST_MILLIS = 100;
  private static final long LONGEST_MILLIS = 30_000;
  private long millis = FIRST_MILLIS;

  /** How long to wait before the next attempt. */
  Duration next() {
    long full = millis;
    millis = Math.min(LONGEST_MILLIS, millis * 2);
    return Duration.ofMillis(full / 2 + ThreadLocalRandom.current().nextLong(full / 2 + 1));
  }

  /** The last attempt succeeded. */
  void reset() {
    millis = FIRST_MILLIS;
  }
}
