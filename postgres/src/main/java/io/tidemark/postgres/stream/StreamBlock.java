package io.tidemark.postgres.stream;

/**
 * The part of the log of one transaction in progress that the server is sending right now. Its
 * messages carry the id of their subtransaction between type and body.
 */
final class StreamBlock {
  /** Bytes of a message that say to which subtransaction and relation a row belongs. */
  static final int PREFIX_BYTES = 9;

  private static final int BODY = 5;

  private final StreamStore streams;
  private final Shapes shapes;
  private final String messagePrefix;
  private final MessageCursor cursor = new MessageCursor();
  private StreamedTransaction transaction;

  /**
   * @param messagePrefix logical messages whose prefix does not begin so are passed over
   */
  StreamBlock(StreamStore streams, Shapes shapes, String messagePrefix) {
    this.streams = streams;
    this.shapes = shapes;
    this.messagePrefix = messagePrefix;
  }

  /** Whether a message is a row of a table. */
  static boolean isRow(byte type) {
    return type == 'I' || type == 'U' || type == 'D';
  }

  boolean isOpen() {
    return transaction != null;
  }

  void open(StreamedTransaction next) {
    transaction = next;
  }

  void close() {
    transaction = null;
  }

  /** Keeps a message of the block. */
  void keep(byte[] data, int offset, int length) {
    byte type = length == 0 ? 0 : data[offset];
    boolean relation = type == 'R';
    if (isRow(type) || relation || type == 'T' || type == 'M') {
      if (length < PREFIX_BYTES) {
        throw new ProtocolException(type, length, "it ends too early");
      }
      int subxid = Bytes.getInt(data, offset + 1);
      long memory = transaction.memory();
      int body = offset + BODY;
      if (relation) {
        transaction.addRelation(shapes.nextReceipt(), subxid, data, body, length - BODY);
      } else if (type == 'M') {
        keepMessage(data, body, length - BODY);
      } else {
        transaction.add(type, subxid, data, body, length - BODY);
      }
      streams.changed(transaction, memory);
    } else if (type != 'Y' && type != 'O') {
      throw new ProtocolException(type, 0, "it has no place inside a block of a stream");
    }
  }

  private void keepMessage(byte[] data, int body, int length) {
    cursor.reset((byte) 'M', data, body, body + length);
    cursor.int8();
    cursor.int64();
    String prefix = cursor.string();
    if (prefix.startsWith(messagePrefix)) {
      transaction.addMessage(prefix, data, body, length);
    }
  }

  /** Keeps the fact that a row has come which is too large to be kept. */
  void keepTooLarge(byte type, byte[] data, int offset, int available, long length) {
    if (isRow(type) && available >= PREFIX_BYTES) {
      byte[] body = new byte[Integer.BYTES + Long.BYTES];
      Bytes.putInt(body, 0, Bytes.getInt(data, offset + BODY));
      Bytes.putLong(body, Integer.BYTES, length);
      long memory = transaction.memory();
      transaction.add(
          StreamedTransaction.TOO_LARGE, Bytes.getInt(data, offset + 1), body, 0, body.length);
      streams.changed(transaction, memory);
    } else if (type != 'M') {
      throw new ProtocolException(type, 0, "it has " + length + " bytes");
    }
  }
}
