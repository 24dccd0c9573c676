package io.tidemark.kafka.sink;

import io.tidemark.api.model.Vector;

/** Writes an element that is not null as a JSON value. */
@FunctionalInterface
interface ValueForm {
  /**
   * Appends element {@code i}.
   *
   * @throws UnfitValue when the schema that the column has on the topic cannot say the value
   */
  void write(JsonBuffer to, Vector from, int i);

  /** A value that the schema on the topic cannot say; the message says why, without the value. */
  final class UnfitValue extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnfitValue(String reason) {
      super(reason, null, false, false);
    }
  }
}
