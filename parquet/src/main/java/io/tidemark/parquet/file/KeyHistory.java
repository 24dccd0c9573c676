package io.tidemark.parquet.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.ColumnReader;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;

/** What one file says of one key. */
public final class KeyHistory {
  /** A place in the order of changes. */
  public record Place(long lsn, long seq) implements Comparable<Place> {
    /** Before every change. */
    public static final Place NONE = new Place(0, -1);

    @Override
    public int compareTo(Place other) {
      int byLsn = Long.compareUnsigned(lsn, other.lsn);
      return byLsn != 0 ? byLsn : Long.compare(seq, other.seq);
    }

    /** The later of the two. */
    public Place max(Place other) {
      return compareTo(other) >= 0 ? this : other;
    }
  }

  private final Map<Integer, String> keyById;
  private final Map<String, String> key = new TreeMap<>();
  private final RowEdits edits = new RowEdits();
  private Place lastLife = Place.NONE;
  private Place lastEnd = Place.NONE;
  private boolean valuesLeanOnIt;

  private KeyHistory(Map<Integer, String> keyById) {
    this.keyById = keyById;
  }

  /**
   * Looks through a file.
   *
   * @param key attribute numbers of the key's columns with their values as text
   * @throws IllegalArgumentException where the file has no such columns or a text is no value of
   *     its column's type; the message follows a colon
   */
  public static KeyHistory scan(Path file, Map<Integer, String> key) throws IOException {
    KeyHistory history = new KeyHistory(key);
    try (StoredRows rows = new StoredRows(file)) {
      history.findColumns(rows.message());
      int firstRow = 0;
      for (int group = 0; group < rows.rowGroups().size(); group++) {
        history.scanGroup(rows, group, firstRow);
        firstRow += Math.toIntExact(rows.rowGroups().get(group));
      }
    }
    return history;
  }

  /**
   * Attribute numbers of columns, which stay the same when a column is renamed.
   *
   * @throws IllegalArgumentException where the file has no such column; the message follows a colon
   */
  public static Map<Integer, String> byId(Path file, Map<String, String> key) throws IOException {
    Map<Integer, String> ids = new TreeMap<>();
    try (StoredRows rows = new StoredRows(file)) {
      for (Map.Entry<String, String> column : key.entrySet()) {
        if (MetaColumns.isReserved(column.getKey())
            || !rows.message().containsField(column.getKey())) {
          throw new IllegalArgumentException("there is no column " + column.getKey());
        }
        ids.put(rows.message().getType(column.getKey()).getId().intValue(), column.getValue());
      }
    }
    return ids;
  }

  /** Whether the file says nothing of the key. */
  public boolean isEmpty() {
    return edits.isEmpty();
  }

  /** Where a row of the key was last made or changed. */
  public Place lastLife() {
    return lastLife;
  }

  /** Where the key was last deleted or changed into another, or the whole table emptied. */
  public Place lastEnd() {
    return lastEnd;
  }

  /**
   * Whether a row that the key was changed into has unchanged values, which stand in its history.
   */
  public boolean valuesLeanOnIt() {
    return valuesLeanOnIt;
  }

  RowEdits edits() {
    return edits;
  }

  private void scanGroup(StoredRows rows, int group, int firstRow) throws IOException {
    MessageType message = rows.message();
    boolean hasOld = message.containsField(MetaColumns.OLD);
    StoredRows.Group data = rows.group(group);
    int count = Math.toIntExact(data.getRowCount());
    BitSet isKey = matching(data, message, count, false);
    BitSet wasKey = hasOld ? matching(data, message, count, true) : new BitSet();
    BitSet hasOldRow = hasOld ? oldRows(data, message, count) : new BitSet();
    BitSet unchanged = unchangedRows(data, message);
    ColumnReader op = data.leaf(message.getColumnDescription(new String[] {MetaColumns.OP}));
    ColumnReader lsn = data.leaf(message.getColumnDescription(new String[] {MetaColumns.LSN}));
    ColumnReader seq = data.leaf(message.getColumnDescription(new String[] {MetaColumns.SEQ}));
    boolean[] whole = wholeTable(data, message, count);
    BitSet cameFromAnother = new BitSet();
    for (int row = 0; row < count; row++) {
      char code = (char) op.getBinary().getBytesUnsafe()[0];
      Place place = new Place(lsn.getLong(), seq.getLong());
      if (code == 't') {
        lastEnd = whole[row] ? lastEnd.max(place) : lastEnd;
      } else if (isKey.get(row)) {
        noteLife(code, place);
        if (hasOldRow.get(row) && !wasKey.get(row)) {
          cameFromAnother.set(row);
        } else {
          edits.drop(firstRow + row);
        }
      } else if (wasKey.get(row)) {
        lastEnd = lastEnd.max(place);
        edits.forgetOld(firstRow + row);
        valuesLeanOnIt |= unchanged.get(row);
      }
      op.consume();
      lsn.consume();
      seq.consume();
    }
    if (!cameFromAnother.isEmpty()) {
      turnIntoDeletes(data, message, firstRow, cameFromAnother);
    }
  }

  private void noteLife(char code, Place place) {
    if (code == 'd') {
      lastEnd = lastEnd.max(place);
    } else {
      lastLife = lastLife.max(place);
    }
  }

  private void findColumns(MessageType message) {
    for (Type field : message.getFields()) {
      String text = keyById.get(field.getId() == null ? 0 : field.getId().intValue());
      if (text != null && field.isPrimitive()) {
        key.put(field.getName(), text);
      }
    }
    if (key.size() != keyById.size()) {
      throw new IllegalArgumentException(
          "an older form of the table has no such column, or one that cannot be compared");
    }
  }

  private static ColumnDescriptor column(MessageType message, String name, boolean old) {
    return message.getColumnDescription(
        old ? new String[] {MetaColumns.OLD, name} : new String[] {name});
  }

  private BitSet matching(StoredRows.Group data, MessageType message, int count, boolean old) {
    BitSet rows = new BitSet();
    rows.set(0, count);
    key.forEach(
        (name, text) -> {
          ColumnDescriptor column = column(message, name, old);
          Predicate<ColumnReader> matcher = KeyText.matcher(column.getPrimitiveType(), text);
          ColumnReader reader = data.leaf(column);
          for (int row = 0; row < count; row++) {
            boolean defined = reader.getCurrentDefinitionLevel() == column.getMaxDefinitionLevel();
            if (!defined || !matcher.test(reader)) {
              rows.clear(row);
            }
            reader.consume();
          }
        });
    return rows;
  }

  private BitSet oldRows(StoredRows.Group data, MessageType message, int count) {
    BitSet rows = new BitSet();
    ColumnReader reader = data.leaf(column(message, key.keySet().iterator().next(), true));
    for (int row = 0; row < count; row++) {
      rows.set(row, reader.getCurrentDefinitionLevel() > 0);
      reader.consume();
    }
    return rows;
  }

  private static BitSet unchangedRows(StoredRows.Group data, MessageType message) {
    BitSet rows = new BitSet();
    ColumnDescriptor column =
        message.getColumns().stream()
            .filter(leaf -> leaf.getPath()[0].equals(MetaColumns.UNCHANGED))
            .findFirst()
            .orElseThrow();
    ColumnReader reader = data.leaf(column);
    int row = -1;
    for (long entry = 0; entry < reader.getTotalValueCount(); entry++) {
      row += reader.getCurrentRepetitionLevel() == 0 ? 1 : 0;
      if (reader.getCurrentDefinitionLevel() == column.getMaxDefinitionLevel()) {
        rows.set(row);
      }
      reader.consume();
    }
    return rows;
  }

  /** For each row, whether it means the whole table and not one leaf of it. */
  private static boolean[] wholeTable(StoredRows.Group data, MessageType message, int count) {
    boolean[] whole = new boolean[count];
    Arrays.fill(whole, true);
    if (message.containsField(MetaColumns.PARTITION)) {
      ColumnReader leaf = data.leaf(column(message, MetaColumns.PARTITION, false));
      for (int row = 0; row < count; row++) {
        whole[row] = leaf.getCurrentDefinitionLevel() == 0;
        leaf.consume();
      }
    }
    return whole;
  }

  /** The key that a row had before must stay dead, though the row is gone. */
  private void turnIntoDeletes(
      StoredRows.Group data, MessageType message, int firstRow, BitSet rows) {
    Map<Integer, Map<String, RowEdits.Value>> keys = new HashMap<>();
    rows.stream().forEach(row -> keys.put(row, new HashMap<>()));
    for (String name : key.keySet()) {
      ColumnDescriptor column = column(message, name, true);
      ColumnReader reader = data.leaf(column);
      for (int row = 0; row < rows.length(); row++) {
        if (rows.get(row)) {
          keys.get(row).put(name, RowEdits.valueOf(reader));
        } else if (reader.getCurrentDefinitionLevel() == column.getMaxDefinitionLevel()) {
          reader.skip();
        }
        reader.consume();
      }
    }
    keys.forEach((row, old) -> edits.turnIntoDelete(firstRow + row, old));
  }
}
