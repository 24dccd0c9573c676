package io.tidemark.api.sink;

/**
 * Work that a sink did beside its commits and that its readers or its owner pay for: a file made
 * for readers, for instance.
 *
 * @param what in a word: {@code published}
 * @param seconds how long it took, while the sink could not commit
 * @param bytes how much it wrote
 */
public record Upkeep(String what, double seconds, long bytes) {
  /** None yet. */
  public static final Upkeep NONE = new Upkeep("", 0, 0);
}
