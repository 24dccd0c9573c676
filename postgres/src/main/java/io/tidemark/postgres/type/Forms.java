package io.tidemark.postgres.type;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.DataType;
import io.tidemark.postgres.type.PgType.Kind;
import java.util.ArrayList;
import java.util.List;

/** Finds the form between a PostgreSQL type and the data type its values are held as. */
final class Forms {
  private final Outputs outputs;

  Forms(Outputs outputs) {
    this.outputs = outputs;
  }

  /**
   * The form of a type.
   *
   * @throws TidemarkException where values of the type cannot be held so at all
   */
  ValueForm of(int typeOid, DataType held) {
    PgType type = outputs.types().base(typeOid);
    if (held instanceof DataType.Text) {
      return type.kind() == Kind.ENUM || isText(type.send())
          ? CopyForm.PLAIN
          : new TextForm(outputs.of(type.oid()));
    }
    ValueForm form =
        switch (type.kind()) {
          case BASE -> base(type, held);
          case ARRAY -> held instanceof DataType.ListOf list ? list(type, list) : null;
          case COMPOSITE -> held instanceof DataType.Struct struct ? struct(type, struct) : null;
          case ENUM, RANGE, MULTIRANGE, DOMAIN -> null;
        };
    if (form == null) {
      throw new TidemarkException(
          ErrorCode.INTERNAL,
          "Cannot hold type "
              + type.label()
              + " as "
              + held
              + ": no form leads there. Report this.");
    }
    return form;
  }

  private static boolean isText(String send) {
    return switch (send) {
      case "textsend", "varcharsend", "bpcharsend", "namesend", "xml_send", "json_send" -> true;
      default -> false;
    };
  }

  private static ValueForm base(PgType type, DataType held) {
    return switch (type.send()) {
      case "boolsend" -> held instanceof DataType.Bool ? new BoolForm() : null;
      case "int2send" -> integer("int2", 2, held);
      case "int4send" -> integer("int4", 4, held);
      case "int8send" -> integer("int8", 8, held);
      case "oidsend", "xidsend", "cidsend" ->
          held.equals(new DataType.Int(64))
              ? IntForm.unsigned(type.name(), (DataType.Int) held)
              : null;
      case "float4send", "float8send" ->
          held.equals(new DataType.Float(type.send().equals("float4send") ? 32 : 64))
              ? new FloatForm((DataType.Float) held)
              : null;
      case "numeric_send" ->
          held instanceof DataType.Decimal decimal ? new DecimalForm(decimal) : null;
      case "json_send" -> held instanceof DataType.Json ? CopyForm.PLAIN : null;
      case "jsonb_send" -> held instanceof DataType.Json ? CopyForm.VERSIONED : null;
      case "byteasend" -> held instanceof DataType.Bytes ? new ByteaForm() : null;
      case "uuid_send" -> held instanceof DataType.Uuid ? new UuidForm() : null;
      case "date_send" -> held instanceof DataType.Date ? new DateForm() : null;
      case "time_send" -> held instanceof DataType.Time ? new TimeForm() : null;
      case "timestamp_send" -> timestamp(false, held);
      case "timestamptz_send" -> timestamp(true, held);
      default -> null;
    };
  }

  private static ValueForm integer(String name, int bytes, DataType held) {
    return held instanceof DataType.Int integer && integer.bits() >= bytes * 8
        ? IntForm.signed(name, bytes, integer)
        : null;
  }

  private static ValueForm timestamp(boolean utc, DataType held) {
    return held instanceof DataType.Timestamp timestamp && timestamp.utc() == utc
        ? new TimestampForm(timestamp)
        : null;
  }

  private ValueForm list(PgType type, DataType.ListOf held) {
    PgType element = outputs.types().require(type.elementOid());
    return new ListForm(type, element, held.element(), of(element.oid(), held.element()));
  }

  private ValueForm struct(PgType type, DataType.Struct held) {
    if (type.attributes().size() != held.fields().size()) {
      return null;
    }
    List<ValueForm> fields = new ArrayList<>();
    for (int i = 0; i < held.fields().size(); i++) {
      fields.add(of(type.attributes().get(i).typeOid(), held.fields().get(i).type()));
    }
    return new StructForm(type, held, fields);
  }
}
