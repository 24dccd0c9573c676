package io.tidemark.api.model;

/**
 * What a row of a {@link ChangeBatch} says. The code is what copies store, in the column {@code
 * _op} for instance.
 */
public enum Op {
  /** A row read by the snapshot. */
  READ('r'),
  /** INSERT. */
  CREATE('c'),
  /** UPDATE; of the key too, then the row's {@code before} carries the old key. */
  UPDATE('u'),
  /**
   * DELETE; the row's columns hold the old key, or the whole old row under REPLICA IDENTITY FULL.
   */
  DELETE('d'),
  /**
   * TRUNCATE: every row before it (of the leaf, where one is named) is gone. A new copy attempt of
   * a table begins with one too, so that nothing of an older attempt counts any more.
   */
  TRUNCATE('t');

  private static final Op[] BY_CODE = new Op[128];

  static {
    for (Op op : values()) {
      BY_CODE[op.code] = op;
    }
  }

  private final byte code;

  Op(char code) {
    this.code = (byte) code;
  }

  /** The ASCII letter of this operation. */
  public byte code() {
    return code;
  }

  /** The operation of a code written by {@link #code()}. */
  public static Op ofCode(byte code) {
    Op op = code < 0 ? null : BY_CODE[code];
    if (op == null) {
      throw new IllegalArgumentException(
          "Cannot read operation code " + code + ": expected one of r, c, u, d, t.");
    }
    return op;
  }
}
