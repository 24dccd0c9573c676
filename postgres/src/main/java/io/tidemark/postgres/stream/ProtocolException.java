package io.tidemark.postgres.stream;

/**
 * A message of the replication stream that cannot be read, or that has no place where it came. Says
 * which message and where in it, and never holds values of a row.
 */
public final class ProtocolException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final byte type;
  private final int offset;

  ProtocolException(byte type, int offset, String reason) {
    super(
        "Cannot read message "
            + name(type)
            + " of the replication stream: "
            + reason
            + " (at byte "
            + offset
            + "). Report this together with the version of the server.");
    this.type = type;
    this.offset = offset;
  }

  private static String name(byte type) {
    return type > ' ' && type < 127 ? "'" + (char) type + "'" : "of type " + (type & 0xFF);
  }

  /** The message's first byte, which says what it is; 0 for an empty message. */
  public byte type() {
    return type;
  }

  /** Bytes from the beginning of the message to where reading stopped. */
  public int offset() {
    return offset;
  }
}
