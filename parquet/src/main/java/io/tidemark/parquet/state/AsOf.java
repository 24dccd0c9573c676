package io.tidemark.parquet.state;

import io.tidemark.api.model.Lsn;
import java.time.Instant;

/** Which state of a lake is meant. */
public sealed interface AsOf {
  /** The newest. */
  AsOf LATEST = new Latest();

  /** The newest state. */
  record Latest() implements AsOf {}

  /** The newest tidemark at or below a position of the log. */
  record Tidemark(Lsn lsn) implements AsOf {}

  /** The newest tidemark whose transactions were all committed at or before a time. */
  record Time(Instant instant) implements AsOf {}
}
