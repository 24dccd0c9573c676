package io.tidemark.snowflake;

import io.tidemark.api.model.BooleanVector;
import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.DoubleVector;
import io.tidemark.api.model.FloatVector;
import io.tidemark.api.model.IntVector;
import io.tidemark.api.model.ListVector;
import io.tidemark.api.model.LongVector;
import io.tidemark.api.model.StructVector;
import io.tidemark.api.model.Vector;
import java.util.Arrays;

/** Compares elements of two vectors of one type. */
final class SameValue {
  private SameValue() {}

  /** Whether element {@code i} is the same in both, bit by bit. */
  static boolean at(Vector a, Vector b, int i) {
    return same(a, i, b, i);
  }

  private static boolean same(Vector a, int i, Vector b, int j) {
    if (a.isNull(i) || b.isNull(j)) {
      return a.isNull(i) == b.isNull(j);
    } else if (a instanceof IntVector ints) {
      return ints.get(i) == ((IntVector) b).get(j);
    } else if (a instanceof LongVector longs) {
      return longs.get(i) == ((LongVector) b).get(j);
    } else if (a instanceof BooleanVector bools) {
      return bools.get(i) == ((BooleanVector) b).get(j);
    } else if (a instanceof FloatVector floats) {
      return Float.compare(floats.get(i), ((FloatVector) b).get(j)) == 0;
    } else if (a instanceof DoubleVector doubles) {
      return Double.compare(doubles.get(i), ((DoubleVector) b).get(j)) == 0;
    } else if (a instanceof BytesVector bytes) {
      return Arrays.equals(bytes.get(i), ((BytesVector) b).get(j));
    } else if (a instanceof ListVector list) {
      return lists(list, i, (ListVector) b, j);
    }
    StructVector one = (StructVector) a;
    StructVector other = (StructVector) b;
    for (int field = 0; field < one.fields().size(); field++) {
      if (!same(one.fields().get(field), i, other.fields().get(field), j)) {
        return false;
      }
    }
    return true;
  }

  private static boolean lists(ListVector a, int i, ListVector b, int j) {
    int length = a.end(i) - a.start(i);
    if (length != b.end(j) - b.start(j)) {
      return false;
    }
    for (int at = 0; at < length; at++) {
      if (!same(a.elements(), a.start(i) + at, b.elements(), b.start(j) + at)) {
        return false;
      }
    }
    return true;
  }
}
