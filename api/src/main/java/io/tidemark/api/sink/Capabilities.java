package io.tidemark.api.sink;

/**
 * What a kind of destination can do. What is not declared is refused before a pipeline starts, not
 * bent to fit.
 *
 * @param keepsHistory whether every change is kept, ordered by its position, so that rows of a
 *     running copy and of the stream may be stored as they arrive; a destination without it keeps
 *     the stream's rows of a copying table aside, see {@link Commit#isCopying}
 * @param manyWriters whether several processes may stage at the same time
 * @param wholeTransactions whether readers are promised whole source transactions, so that single
 *     rows may not be rejected
 * @param eachTransaction whether every transaction of the source is made visible by itself: the
 *     engine then seals at every boundary and calls {@link Sink#commitEach}, and asks the source
 *     for a boundary behind every commit
 */
public record Capabilities(
    boolean keepsHistory, boolean manyWriters, boolean wholeTransactions, boolean eachTransaction) {
  /** Of a destination that makes many transactions visible together. */
  public Capabilities(boolean keepsHistory, boolean manyWriters, boolean wholeTransactions) {
    this(keepsHistory, manyWriters, wholeTransactions, false);
  }
}
