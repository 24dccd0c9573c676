package io.tidemark.snowflake;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableSchema;
import java.util.ArrayList;
import java.util.List;

/**
 * A column of the pieces of a version of a table, and of the journal that they are loaded into.
 * {@code POS} is the place among all changes, as text that sorts like it; {@code OP} the operation;
 * {@code SNAP} is true of rows of a snapshot and of what begins a copy attempt; {@code MOVED} of
 * updates with an old row in {@code O}, for tables with a key only where it is another key; {@code
 * LEAF} is the leaf partition. By attribute number: {@code Cn} value, {@code Rn} raw text, {@code
 * Un} unchanged, {@code On} and {@code Qn} value and raw text of the old row.
 *
 * @param name in the piece and in the journal
 * @param held how the piece holds it
 * @param type in the journal
 */
record Wire(String name, DataType held, String type) {
  static final String POS = "POS";
  static final String OP = "OP";
  static final String SNAP = "SNAP";
  static final String MOVED = "MOVED";
  static final String LEAF = "LEAF";

  private static final DataType TEXT = new DataType.Text();
  private static final DataType BOOL = new DataType.Bool();

  /** The columns of a version of a table. */
  static List<Wire> of(TableSchema schema, SnowflakeTypes types) {
    List<Wire> wires = new ArrayList<>();
    wires.add(new Wire(POS, TEXT, SnowflakeTypes.TEXT));
    wires.add(new Wire(OP, TEXT, SnowflakeTypes.TEXT));
    wires.add(new Wire(SNAP, BOOL, "BOOLEAN"));
    wires.add(new Wire(MOVED, BOOL, "BOOLEAN"));
    wires.add(new Wire(LEAF, TEXT, SnowflakeTypes.TEXT));
    for (Column column : schema.columns()) {
      int n = column.attnum();
      wires.add(new Wire("C" + n, held(column.type()), types.name(column.type())));
      boolean raw = SnowflakeTypes.mayBeRaw(column.type());
      if (raw) {
        wires.add(new Wire("R" + n, TEXT, SnowflakeTypes.TEXT));
      }
      if (schema.hasKey() && !schema.key().contains(n)) {
        wires.add(new Wire("U" + n, BOOL, "BOOLEAN"));
      }
      if (!schema.hasKey() || schema.key().contains(n)) {
        wires.add(new Wire("O" + n, held(column.type()), types.name(column.type())));
        if (raw) {
          wires.add(new Wire("Q" + n, TEXT, SnowflakeTypes.TEXT));
        }
      }
    }
    return wires;
  }

  /** Numbers are numbers; all else is text, of which Snowflake has one reading only. */
  private static DataType held(DataType type) {
    if (type instanceof DataType.Bool
        || type instanceof DataType.Int
        || type instanceof DataType.Decimal) {
      return type;
    }
    return type instanceof DataType.Float ? new DataType.Float(64) : TEXT;
  }

  /** Attribute number of the column that this is about; 0 where it is about the row. */
  int attnum() {
    return Character.isDigit(name.charAt(name.length() - 1))
        ? Integer.parseInt(name.substring(1))
        : 0;
  }

  /** What COPY reads it as. */
  String read() {
    String field = "$1:" + SqlText.name(name);
    if (!(held instanceof DataType.Text)) {
      return field + "::" + type;
    } else if (SnowflakeTypes.isBinary(type)) {
      return "TO_BINARY(" + field + "::VARCHAR, 'HEX')";
    }
    return field + "::VARCHAR" + (SnowflakeTypes.isText(type) ? "" : "::" + type);
  }
}
