package io.tidemark.api.model;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Bytes of one vector: which elements are null, then the arrays as they are. */
final class VectorCodec {
  private VectorCodec() {}

  static void write(Vector vector, ByteSink to) {
    int size = vector.size();
    writeNulls(vector, to);
    if (vector instanceof BooleanVector bools) {
      for (int i = 0; i < size; i++) {
        to.putByte(bools.get(i) ? 1 : 0);
      }
    } else if (vector instanceof IntVector ints) {
      to.putInts(ints.values(), size);
    } else if (vector instanceof LongVector longs) {
      to.putLongs(longs.values(), size);
    } else if (vector instanceof FloatVector floats) {
      to.putFloats(floats.values(), size);
    } else if (vector instanceof DoubleVector doubles) {
      to.putDoubles(doubles.values(), size);
    } else if (vector instanceof BytesVector bytes) {
      for (int i = 0; i < size; i++) {
        to.putInt(bytes.length(i));
      }
      to.putBytes(bytes.data(), 0, size == 0 ? 0 : bytes.end(size - 1));
    } else if (vector instanceof ListVector list) {
      for (int i = 0; i < size; i++) {
        to.putInt(list.end(i));
      }
      to.putInt(list.elements().size());
      write(list.elements(), to);
    } else if (vector instanceof StructVector struct) {
      struct.fields().forEach(field -> write(field, to));
    }
  }

  private static void writeNulls(Vector vector, ByteSink to) {
    to.putInt(vector.nullCount());
    if (vector.nullCount() > 0) {
      int size = vector.size();
      for (int at = 0; at < size; at += 8) {
        int bits = 0;
        for (int bit = 0; bit < 8 && at + bit < size; bit++) {
          bits |= vector.isNull(at + bit) ? 1 << bit : 0;
        }
        to.putByte(bits);
      }
    }
  }

  /** Appends what {@link #write} wrote of a vector with {@code size} elements. */
  static void read(ByteBuffer from, DataType type, int size, Vector to) {
    byte[] nulls = null;
    if (from.getInt() > 0) {
      nulls = new byte[(size + 7) / 8];
      from.get(nulls);
    }
    if (to instanceof BooleanVector bools) {
      for (int i = 0; i < size; i++) {
        boolean value = from.get() != 0;
        if (isNull(nulls, i)) {
          bools.addNull();
        } else {
          bools.add(value);
        }
      }
    } else if (to instanceof IntVector ints) {
      for (int i = 0; i < size; i++) {
        int value = from.getInt();
        if (isNull(nulls, i)) {
          ints.addNull();
        } else {
          ints.add(value);
        }
      }
    } else if (to instanceof LongVector longs) {
      for (int i = 0; i < size; i++) {
        long value = from.getLong();
        if (isNull(nulls, i)) {
          longs.addNull();
        } else {
          longs.add(value);
        }
      }
    } else if (to instanceof FloatVector floats) {
      for (int i = 0; i < size; i++) {
        float value = from.getFloat();
        if (isNull(nulls, i)) {
          floats.addNull();
        } else {
          floats.add(value);
        }
      }
    } else if (to instanceof DoubleVector doubles) {
      for (int i = 0; i < size; i++) {
        double value = from.getDouble();
        if (isNull(nulls, i)) {
          doubles.addNull();
        } else {
          doubles.add(value);
        }
      }
    } else if (to instanceof BytesVector bytes) {
      readBytes(from, size, nulls, bytes);
    } else if (to instanceof ListVector list) {
      readList(from, ((DataType.ListOf) type).element(), size, nulls, list);
    } else if (to instanceof StructVector struct) {
      readStruct(from, ((DataType.Struct) type).fields(), size, nulls, struct);
    }
  }

  private static boolean isNull(byte[] nulls, int i) {
    return nulls != null && (nulls[i >> 3] & 1 << (i & 7)) != 0;
  }

  private static void readBytes(ByteBuffer from, int size, byte[] nulls, BytesVector to) {
    int[] lengths = new int[size];
    for (int i = 0; i < size; i++) {
      lengths[i] = from.getInt();
    }
    int at = from.arrayOffset() + from.position();
    int start = at;
    for (int i = 0; i < size; i++) {
      if (isNull(nulls, i)) {
        to.addNull();
      } else {
        to.add(from.array(), at, lengths[i]);
      }
      at += lengths[i];
    }
    from.position(from.position() + at - start);
  }

  private static void readList(
      ByteBuffer from, DataType element, int size, byte[] nulls, ListVector to) {
    int[] ends = new int[size];
    for (int i = 0; i < size; i++) {
      ends[i] = from.getInt();
    }
    int count = from.getInt();
    Vector elements = Vector.of(element, count);
    read(from, element, count, elements);
    for (int i = 0; i < size; i++) {
      if (isNull(nulls, i)) {
        to.addNull();
      } else {
        for (int at = i == 0 ? 0 : ends[i - 1]; at < ends[i]; at++) {
          to.elements().addFrom(elements, at);
        }
        to.endList();
      }
    }
  }

  private static void readStruct(
      ByteBuffer from, List<DataType.Field> types, int size, byte[] nulls, StructVector to) {
    List<Vector> fields = new ArrayList<>();
    for (DataType.Field field : types) {
      Vector values = Vector.of(field.type(), size);
      read(from, field.type(), size, values);
      fields.add(values);
    }
    for (int i = 0; i < size; i++) {
      if (isNull(nulls, i)) {
        to.addNull();
      } else {
        for (int field = 0; field < fields.size(); field++) {
          to.fields().get(field).addFrom(fields.get(field), i);
        }
        to.endStruct();
      }
    }
  }
}
