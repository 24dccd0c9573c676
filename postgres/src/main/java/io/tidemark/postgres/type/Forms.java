package io.tidemark.postgres.type;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.DataType;
import io.tidemark.postgres.type.PgType.Attribute;
import io.tidemark.postgres.type.PgType.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Finds the form between a PostgreSQL type and the data type its values are held as. */
final class Forms {
  private static final char USUAL_DELIMITER = ',';

  private final Outputs outputs;
  private final Codecs.Texts texts;

  Forms(Outputs outputs, Codecs.Texts texts) {
    this.outputs = outputs;
    this.texts = texts;
  }

  /**
   * The form of a type.
   *
   * @throws TidemarkException where values of the type cannot be held so at all
   */
  ValueForm of(int typeOid, DataType held) {
    return find(typeOid, held)
        .orElseThrow(
            () ->
                new TidemarkException(
                    ErrorCode.INTERNAL,
                    "Cannot hold type "
                        + outputs.types().require(typeOid).label()
                        + " as "
                        + held
                        + ": no form leads there. Report this."));
  }

  private Optional<ValueForm> find(int typeOid, DataType held) {
    PgType type = outputs.types().base(typeOid);
    if (held instanceof DataType.Text || held instanceof DataType.Json) {
      return text(type, held);
    }
    return switch (type.kind()) {
      case BASE ->
          suits(type.send(), held) ? Optional.of(scalar(type.send(), held)) : Optional.empty();
      case ARRAY -> held instanceof DataType.ListOf list ? list(type, list) : Optional.empty();
      case COMPOSITE ->
          held instanceof DataType.Struct struct
              ? Optional.of(struct(type, struct))
              : Optional.empty();
      case ENUM, RANGE, MULTIRANGE, DOMAIN -> Optional.empty();
    };
  }

  private Optional<ValueForm> text(PgType type, DataType held) {
    if (held instanceof DataType.Json && !suits(type.send(), held)) {
      return Optional.empty();
    }
    Output output = outputs.of(type.oid());
    ValueForm form =
        type.kind() == Kind.ENUM || TextOutputs.isCopied(type.send())
            ? CopyForm.PLAIN
            : type.send().equals("jsonb_send") ? CopyForm.VERSIONED : new TextForm(output);
    return Optional.of(texts == Codecs.Texts.CHECKED ? new CheckedForm(form, output) : form);
  }

  /** Whether what a send function writes can be read into a data type. */
  private static boolean suits(String send, DataType held) {
    return switch (send) {
      case "boolsend" -> held instanceof DataType.Bool;
      case "int2send" -> held instanceof DataType.Int;
      case "int4send" -> held instanceof DataType.Int integer && integer.bits() >= 32;
      case "int8send", "oidsend", "xidsend", "cidsend" -> held.equals(new DataType.Int(64));
      case "float4send" -> held.equals(new DataType.Float(32));
      case "float8send" -> held.equals(new DataType.Float(64));
      case "numeric_send" -> held instanceof DataType.Decimal;
      case "json_send", "jsonb_send" -> held instanceof DataType.Json;
      case "byteasend" -> held instanceof DataType.Bytes;
      case "uuid_send" -> held instanceof DataType.Uuid;
      case "date_send" -> held instanceof DataType.Date;
      case "time_send" -> held instanceof DataType.Time;
      case "timestamp_send" -> held.equals(new DataType.Timestamp(false));
      case "timestamptz_send" -> held.equals(new DataType.Timestamp(true));
      default -> false;
    };
  }

  private static ValueForm scalar(String send, DataType held) {
    if (held instanceof DataType.Bool) {
      return new BoolForm();
    } else if (held instanceof DataType.Int integer) {
      return IntForm.of(send, integer);
    } else if (held instanceof DataType.Float floating) {
      return new FloatForm(floating);
    } else if (held instanceof DataType.Decimal decimal) {
      return new DecimalForm(decimal);
    } else if (held instanceof DataType.Uuid) {
      return new UuidForm();
    } else if (held instanceof DataType.Date) {
      return new DateForm();
    } else if (held instanceof DataType.Time) {
      return new TimeForm();
    } else if (held instanceof DataType.Timestamp timestamp) {
      return new TimestampForm(timestamp);
    }
    return held instanceof DataType.Bytes ? new ByteaForm() : CopyForm.PLAIN;
  }

  private Optional<ValueForm> list(PgType type, DataType.ListOf held) {
    PgType element = outputs.types().require(type.elementOid());
    return find(element.oid(), held.element())
        .map(
            form ->
                new ListForm(
                    type.label(), element.oid(), element.delimiter(), held.element(), form));
  }

  /**
   * ALTER TYPE may have changed the definition since the column was given its data type. Attributes
   * that were added behind leave values of the old definition as they are; any other difference
   * leaves none that fits.
   */
  private ValueForm struct(PgType type, DataType.Struct held) {
    List<ValueForm> fields = new ArrayList<>();
    List<Integer> oids = new ArrayList<>();
    for (int i = 0; i < Math.min(held.fields().size(), type.attributes().size()); i++) {
      Attribute attribute = type.attributes().get(i);
      DataType.Field field = held.fields().get(i);
      if (attribute.name().equals(field.name())) {
        find(attribute.typeOid(), field.type()).ifPresent(fields::add);
        oids.add(attribute.typeOid());
      }
    }
    return fields.size() == held.fields().size()
        ? new StructForm(type.label(), oids, held, fields)
        : new OutdatedForm(printer(held));
  }

  /** A form that prints what a vector holds, whatever it was read from. */
  private static ValueForm printer(DataType held) {
    if (held instanceof DataType.ListOf list) {
      return new ListForm("list", 0, USUAL_DELIMITER, list.element(), printer(list.element()));
    } else if (held instanceof DataType.Struct struct) {
      return new StructForm(
          "composite",
          List.of(),
          struct,
          struct.fields().stream().map(field -> printer(field.type())).toList());
    }
    return scalar("", held);
  }
}
