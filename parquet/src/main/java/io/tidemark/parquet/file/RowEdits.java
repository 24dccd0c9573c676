package io.tidemark.parquet.file;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.ColumnReader;

/**
 * What happens to the rows of a file when it is written again. Rows are counted from the file's
 * first.
 */
final class RowEdits {
  /** Everything stays. */
  static final RowEdits NONE = new RowEdits();

  private final BitSet dropped = new BitSet();
  private final BitSet withoutOld = new BitSet();
  private final Map<Integer, Map<String, Value>> deletes = new HashMap<>();

  /** A value out of a leaf, to be written elsewhere. */
  interface Value {
    void writeTo(ChunkWriter chunk);
  }

  /** Leaves a row out. */
  void drop(int row) {
    dropped.set(row);
  }

  /** Forgets the old row that a row carries. */
  void forgetOld(int row) {
    withoutOld.set(row);
  }

  /**
   * Makes a delete of another key out of a row.
   *
   * @param key column name to value
   */
  void turnIntoDelete(int row, Map<String, Value> key) {
    deletes.put(row, key);
  }

  boolean isEmpty() {
    return dropped.isEmpty() && withoutOld.isEmpty() && deletes.isEmpty();
  }

  boolean drops(int row) {
    return dropped.get(row);
  }

  /** Writes a row's entry of a leaf itself, where the row is changed there. */
  boolean replaces(int row, ColumnDescriptor leaf, ChunkWriter chunk) {
    if (this == NONE) {
      return false;
    }
    String column = leaf.getPath()[0];
    Map<String, Value> key = deletes.get(row);
    if (key != null) {
      return replacesByDelete(column, key, leaf, chunk);
    }
    if (withoutOld.get(row) && column.equals(MetaColumns.OLD)) {
      chunk.level(0, 0);
      return true;
    }
    return false;
  }

  private static boolean replacesByDelete(
      String column, Map<String, Value> key, ColumnDescriptor leaf, ChunkWriter chunk) {
    if (column.equals(MetaColumns.OP)) {
      chunk.level(0, leaf.getMaxDefinitionLevel());
      ((BytesChunk) chunk).bytes(new byte[] {'d'}, 0, 1);
      return true;
    } else if (MetaColumns.isNumber(column) || column.equals(MetaColumns.PARTITION)) {
      return false;
    } else if (key.containsKey(column)) {
      chunk.level(0, leaf.getMaxDefinitionLevel());
      key.get(column).writeTo(chunk);
      return true;
    }
    chunk.level(0, 0);
    return true;
  }

  /** The present value of a leaf, kept beyond the reader's next step. */
  static Value valueOf(ColumnReader reader) {
    return switch (reader.getDescriptor().getPrimitiveType().getPrimitiveTypeName()) {
      case INT32 -> number(reader.getInteger());
      case INT64 -> number(reader.getLong());
      case BOOLEAN -> {
        boolean value = reader.getBoolean();
        yield chunk -> ((BooleanChunk) chunk).bool(value);
      }
      case FLOAT -> bits(Float.floatToRawIntBits(reader.getFloat()));
      case DOUBLE -> bits(Double.doubleToRawLongBits(reader.getDouble()));
      default -> {
        byte[] value = reader.getBinary().getBytes();
        yield chunk -> ((BytesChunk) chunk).bytes(value, 0, value.length);
      }
    };
  }

  private static Value number(long value) {
    return chunk -> ((NumberChunk) chunk).number(value);
  }

  private static Value bits(long value) {
    return chunk -> ((FloatChunk) chunk).bits(value);
  }
}
