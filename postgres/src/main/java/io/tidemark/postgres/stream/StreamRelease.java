package io.tidemark.postgres.stream;

import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;

/** Gives the log of a streamed transaction that has committed. */
final class StreamRelease {
  /** Messages between two calls of the pace. */
  private static final int PACE = 64;

  private final PgOutputDecoder decoder;
  private final Shapes shapes;
  private final RowGatherer rows;
  private final IntFunction<Shape> shapeOf;
  private BooleanSupplier pace = () -> true;

  /**
   * @param decoder tells the handler of whole messages what those say that were kept as they came
   * @param shapeOf the shape of a relation as described last
   */
  StreamRelease(
      PgOutputDecoder decoder, Shapes shapes, RowGatherer rows, IntFunction<Shape> shapeOf) {
    this.decoder = decoder;
    this.shapes = shapes;
    this.rows = rows;
    this.shapeOf = shapeOf;
  }

  /** Has something asked again and again; false ends the release at once, for good. */
  void pace(BooleanSupplier next) {
    pace = next;
  }

  /** Gives everything; false when the pace ended it. */
  boolean give(StreamedTransaction transaction, StreamStore streams) {
    long memory = transaction.memory();
    StreamedTransaction.Reading reading = transaction.read();
    streams.read(transaction, memory);
    while (true) {
      memory = transaction.memory();
      StreamedTransaction.Segment segment = reading.next();
      streams.read(transaction, memory);
      if (segment == null) {
        return true;
      }
      boolean goOn = pace.getAsBoolean();
      if (goOn && segment.stretch() instanceof DecodedRows decoded) {
        rows.give(decoded, shapeOf);
      } else if (goOn && segment.stretch() instanceof RawRecords raw) {
        goOn = give(raw, segment.firstRecord(), transaction);
      }
      if (!goOn) {
        return false;
      }
    }
  }

  private boolean give(RawRecords raw, long first, StreamedTransaction transaction) {
    RawRecords.Cursor cursor = raw.new Cursor();
    for (int count = 0; cursor.next(); count++) {
      if (count % PACE == PACE - 1 && !pace.getAsBoolean()) {
        return false;
      }
      give(cursor, first + count, transaction);
    }
    return true;
  }

  private void give(RawRecords.Cursor cursor, long record, StreamedTransaction transaction) {
    byte type = cursor.type();
    byte[] data = cursor.data();
    int from = cursor.offset();
    int end = from + cursor.length();
    switch (type) {
      case RawRecords.RELATION, RawRecords.ORPHANED_RELATION -> {
        shapes.nextIs(Bytes.getLong(data, from), type == RawRecords.ORPHANED_RELATION);
        decoder.decode((byte) 'R', data, from + Long.BYTES, end);
      }
      case RawRecords.MESSAGE -> {
        if (!transaction.isRolledBack(Bytes.getInt(data, from), record)) {
          decoder.decode((byte) 'M', data, from + Integer.BYTES, end);
        }
      }
      case RawRecords.TOO_LARGE ->
          rows.tooLarge(shapeOf.apply(Bytes.getInt(data, from)), Bytes.getLong(data, from + 4));
      default -> decoder.decode(type, data, from, end);
    }
  }
}
