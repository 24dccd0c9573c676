package io.tidemark.app.live;

import java.util.ArrayDeque;
import java.util.Deque;

/** How fast a count grows, over the last seconds. */
final class Rate {
  private static final double WINDOW_SECONDS = 3;

  private record Sample(double seconds, long count) {}

  private final Deque<Sample> samples = new ArrayDeque<>();

  /**
   * Takes a count in and tells its growth per second; 0 for the first.
   *
   * @param seconds when, on a clock that only runs forward
   */
  double at(double seconds, long count) {
    samples.addLast(new Sample(seconds, count));
    while (samples.size() > 2 && seconds - samples.getFirst().seconds() > WINDOW_SECONDS) {
      samples.removeFirst();
    }
    Sample first = samples.getFirst();
    double time = seconds - first.seconds();
    return time <= 0 ? 0 : Math.max(0, count - first.count()) / time;
  }
}
