package io.tidemark.kafka.sink;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.TableName;
import io.tidemark.kafka.sink.Event.KeyChange;
import io.tidemark.kafka.sink.Event.Part;
import io.tidemark.kafka.sink.Event.Route;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** Bytes of an {@link Event}, for files of this machine and for changes that wait. */
final class EventCodec {
  private static final int FORMAT = 1;

  private EventCodec() {}

  static void write(Event event, DataOutput to) throws IOException {
    to.writeByte(FORMAT);
    to.writeByte(event.route().name().charAt(0));
    to.writeByte(event.part().name().charAt(0));
    to.writeLong(event.commitLsn());
    to.writeLong(event.ordinal());
    bytes(event.key(), to);
    bytes(event.value(), to);
    bytes(event.headers().value(), to);
    if (event.headers().value() != null) {
      to.writeBoolean(event.headers().name().equals(KeyChange.NEW));
    }
  }

  private static void bytes(byte[] bytes, DataOutput to) throws IOException {
    to.writeInt(bytes == null ? -1 : bytes.length);
    if (bytes != null) {
      to.write(bytes);
    }
  }

  static Event read(TableName table, DataInput from) throws IOException {
    byte format = from.readByte();
    if (format != FORMAT) {
      throw new TidemarkException(
          ErrorCode.STATE_TOO_NEW,
          "Cannot read changes of "
              + table
              + " that wait for its copy: their form is "
              + format
              + ", this program knows "
              + FORMAT
              + ". Use the newer version of Tidemark that wrote them.");
    }
    Route route = route(from.readByte());
    Part part = part(from.readByte());
    long lsn = from.readLong();
    long ordinal = from.readLong();
    byte[] key = bytes(from);
    byte[] value = bytes(from);
    byte[] header = bytes(from);
    KeyChange headers =
        header == null
            ? KeyChange.NONE
            : new KeyChange(from.readBoolean() ? KeyChange.NEW : KeyChange.OLD, header);
    return new Event(table, route, part, lsn, ordinal, key, value, headers);
  }

  private static Route route(byte letter) throws IOException {
    return switch (letter) {
      case 'K' -> Route.KEY;
      case 'F' -> Route.FIRST;
      case 'E' -> Route.EVERY;
      default -> throw new IOException("no route is called " + letter);
    };
  }

  private static Part part(byte letter) throws IOException {
    return switch (letter) {
      case 'A' -> Part.ATTEMPT;
      case 'C' -> Part.COPY;
      case 'S' -> Part.STREAM;
      default -> throw new IOException("no part is called " + letter);
    };
  }

  private static byte[] bytes(DataInput from) throws IOException {
    int length = from.readInt();
    if (length < 0) {
      return null;
    }
    byte[] bytes = new byte[length];
    from.readFully(bytes);
    return bytes;
  }
}
