package io.tidemark.postgres.sink;

import io.tidemark.api.model.BooleanVector;
import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.DoubleVector;
import io.tidemark.api.model.FloatVector;
import io.tidemark.api.model.IntVector;
import io.tidemark.api.model.ListVector;
import io.tidemark.api.model.LongVector;
import io.tidemark.api.model.StructVector;
import io.tidemark.api.model.Vector;
import java.util.Arrays;
import java.util.Objects;

/** Compares values of one column, exactly: what the log holds apart is not equal. */
final class SameValue {
  private SameValue() {}

  /** Whether element {@code i} is the same in both. */
  static boolean in(ColumnData a, ColumnData b, int i) {
    return Objects.equals(a.raw(i), b.raw(i)) && equal(a.vector(), i, b.vector(), i);
  }

  private static boolean equal(Vector a, int i, Vector b, int j) {
    if (a.isNull(i) || b.isNull(j)) {
      return a.isNull(i) && b.isNull(j);
    } else if (a instanceof LongVector longs) {
      return longs.get(i) == ((LongVector) b).get(j);
    } else if (a instanceof IntVector ints) {
      return ints.get(i) == ((IntVector) b).get(j);
    } else if (a instanceof BytesVector bytes) {
      return equal(bytes, i, (BytesVector) b, j);
    } else if (a instanceof BooleanVector bools) {
      return bools.get(i) == ((BooleanVector) b).get(j);
    } else if (a instanceof FloatVector floats) {
      return Float.floatToRawIntBits(floats.get(i))
          == Float.floatToRawIntBits(((FloatVector) b).get(j));
    } else if (a instanceof DoubleVector doubles) {
      return Double.doubleToRawLongBits(doubles.get(i))
          == Double.doubleToRawLongBits(((DoubleVector) b).get(j));
    } else if (a instanceof ListVector list) {
      return equal(list, i, (ListVector) b, j);
    }
    StructVector struct = (StructVector) a;
    for (int field = 0; field < struct.fields().size(); field++) {
      if (!equal(struct.fields().get(field), i, ((StructVector) b).fields().get(field), j)) {
        return false;
      }
    }
    return true;
  }

  private static boolean equal(BytesVector a, int i, BytesVector b, int j) {
    return Arrays.equals(a.data(), a.start(i), a.end(i), b.data(), b.start(j), b.end(j));
  }

  private static boolean equal(ListVector a, int i, ListVector b, int j) {
    int length = a.end(i) - a.start(i);
    if (length != b.end(j) - b.start(j)) {
      return false;
    }
    for (int at = 0; at < length; at++) {
      if (!equal(a.elements(), a.start(i) + at, b.elements(), b.start(j) + at)) {
        return false;
      }
    }
    return true;
  }
}
