package io.tidemark.engine.pipeline;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.engine.deadletter.LetterBox;
import io.tidemark.engine.deadletter.Reason;
import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * Stops a pipeline when more rows are put aside than it was told to bear. Counts the last window in
 * slices, so what is forgotten goes a sixtieth of the window at a time. Used by the lane's thread.
 */
final class RejectWatch {
  /** A share of fewer rows says nothing. */
  private static final long FEWEST_ROWS = 100;

  private static final int SLICES = 60;

  private final String sink;
  private final PipelineConfig.RejectLimits limits;
  private final LongSupplier nanoTime;
  private final long sliceNanos;
  private final long[] came = new long[SLICES];
  private final long[] aside = new long[SLICES];
  private final long started;

  /** Number of the newest slice since the start. */
  private long slice;

  /** As {@link LetterBox#parked} said last. */
  private long parked;

  RejectWatch(String sink, PipelineConfig.RejectLimits limits, LongSupplier nanoTime) {
    this.sink = sink;
    this.limits = limits;
    this.nanoTime = nanoTime;
    this.sliceNanos = Math.max(1, limits.window().toNanos() / SLICES);
    this.started = nanoTime.getAsLong();
  }

  /** Rows came, to be taken or put aside. */
  void came(int rows) {
    forget();
    came[at()] += rows;
  }

  /**
   * Looks at the box after rows may have been put into it.
   *
   * @param last why the last one was
   * @throws TidemarkException LIMIT_EXCEEDED when these are too many
   */
  void waiting(LetterBox letters, Reason last) {
    if (letters.parked() == parked) {
      return;
    }
    forget();
    aside[at()] += letters.parked() - parked;
    parked = letters.parked();
    if (limits.stopAfter().isPresent() && letters.count() > limits.stopAfter().get()) {
      throw tooMany(
          letters.count() + " rows wait as dead letters",
          "reject.stop-after is " + limits.stopAfter().get(),
          last);
    }
    long all = Arrays.stream(came).sum();
    long bad = Arrays.stream(aside).sum();
    if (limits.stopPercent().isPresent()
        && all >= FEWEST_ROWS
        && bad * 100 > all * limits.stopPercent().get()) {
      throw tooMany(
          bad + " of the last " + all + " rows were put aside",
          "reject.stop-percent is " + limits.stopPercent().get(),
          last);
    }
  }

  private TidemarkException tooMany(String found, String limit, Reason last) {
    return new TidemarkException(
        ErrorCode.LIMIT_EXCEEDED,
        "Cannot go on with sink "
            + sink
            + ": "
            + found
            + ", and "
            + limit
            + ". Nothing is lost: what was not committed comes again. Mend the cause, look at"
            + " 'tidemark dead-letters', or raise the limit, and start again. The last: "
            + last.text());
  }

  private int at() {
    return (int) (slice % SLICES);
  }

  private void forget() {
    long now = (nanoTime.getAsLong() - started) / sliceNanos;
    for (long next = Math.max(slice + 1, now - SLICES + 1); next <= now; next++) {
      came[(int) (next % SLICES)] = 0;
      aside[(int) (next % SLICES)] = 0;
    }
    slice = Math.max(slice, now);
  }
}
