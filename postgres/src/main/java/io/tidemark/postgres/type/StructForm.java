package io.tidemark.postgres.type;

import io.tidemark.api.model.DataType;
import io.tidemark.api.model.StructVector;
import io.tidemark.api.model.Vector;
import java.util.List;

/**
 * Composites as structs. What does not fit: a value whose fields are not those of the known
 * definition (ALTER TYPE leaves no trace in the stream), and fields that do not fit themselves.
 */
final class StructForm implements ValueForm {
  private final String type;
  private final int[] fieldOids;
  private final DataType.Struct held;
  private final List<ValueForm> fields;

  /**
   * @param type what messages call the composite
   * @param fieldOids types of its attributes
   * @param held how values are held
   * @param fields the form of each attribute
   */
  StructForm(String type, List<Integer> fieldOids, DataType.Struct held, List<ValueForm> fields) {
    this.type = type;
    this.fieldOids = fieldOids.stream().mapToInt(Integer::intValue).toArray();
    this.held = held;
    this.fields = List.copyOf(fields);
  }

  @Override
  public boolean fits(byte[] data, int offset, int length) {
    WireReader in = new WireReader(data, offset, length, type);
    if (in.count(RecordOutput.FIELD_HEAD) != fields.size()) {
      return false;
    }
    for (int i = 0; i < fields.size(); i++) {
      int oid = in.int32();
      int fieldLength = in.partLength();
      int at = in.take(Math.max(0, fieldLength));
      if (oid != fieldOids[i] || (fieldLength >= 0 && !fields.get(i).fits(data, at, fieldLength))) {
        return false;
      }
    }
    in.end();
    return true;
  }

  @Override
  public boolean addBinary(byte[] data, int offset, int length, Vector out) {
    if (!fits(data, offset, length)) {
      return false;
    }
    StructVector struct = (StructVector) out;
    WireReader in = new WireReader(data, offset, length, type);
    in.int32();
    for (int i = 0; i < fields.size(); i++) {
      in.int32();
      int fieldLength = in.partLength();
      if (fieldLength < 0) {
        struct.fields().get(i).addNull();
      } else {
        fields.get(i).addBinary(data, in.take(fieldLength), fieldLength, struct.fields().get(i));
      }
    }
    struct.endStruct();
    return true;
  }

  @Override
  public boolean addText(byte[] data, int offset, int length, Vector out) {
    RecordLiteral literal = new RecordLiteral(data, offset, length, type);
    StructVector one = (StructVector) Vector.of(held, 1);
    int count = 0;
    boolean fits = true;
    while (literal.next()) {
      if (fits && count < fields.size()) {
        Vector field = one.fields().get(count);
        if (literal.isNull()) {
          field.addNull();
        } else {
          fits =
              fields.get(count).addText(literal.part().bytes(), 0, literal.part().length(), field);
        }
      }
      count++;
    }
    if (!fits || count != fields.size()) {
      return false;
    }
    one.endStruct();
    out.addFrom(one, 0);
    return true;
  }

  @Override
  public void print(Vector in, int i, TextBuffer out) {
    StructVector struct = (StructVector) in;
    out.put('(');
    for (int field = 0; field < fields.size(); field++) {
      if (field > 0) {
        out.put(',');
      }
      Vector values = struct.fields().get(field);
      if (!values.isNull(i)) {
        int from = out.length();
        fields.get(field).print(values, i, out);
        Quoting.RECORD.apply(out, from, ',');
      }
    }
    out.put(')');
  }
}
