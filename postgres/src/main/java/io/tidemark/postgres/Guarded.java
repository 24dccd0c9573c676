package io.tidemark.postgres;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;

/**
 * Work of a thread that the source cannot do without: when it ends by a defect, the source ends
 * with it instead of standing still.
 *
 * @param what in words that follow "Cannot"
 */
record Guarded(String what, Runnable work, EventQueue queue) implements Runnable {
  @Override
  public void run() {
    try {
      work.run();
    } catch (TidemarkException e) {
      queue.fail(e);
    } catch (RuntimeException | Error e) {
      queue.fail(
          new TidemarkException(
              ErrorCode.INTERNAL, "Cannot " + what + ": " + e + ". Report this defect.", e));
    }
  }
}
