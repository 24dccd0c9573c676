package io.tidemark.kafka.sink;

import io.tidemark.api.model.BooleanVector;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.DoubleVector;
import io.tidemark.api.model.FloatVector;
import io.tidemark.api.model.IntVector;
import io.tidemark.api.model.ListVector;
import io.tidemark.api.model.LongVector;
import io.tidemark.api.model.StructVector;
import io.tidemark.api.model.Vector;
import io.tidemark.kafka.sink.ValueForm.UnfitValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Which form the values of a PostgreSQL type have in Debezium's events. */
final class ColumnForms {
  private final EventOptions options;
  private final NumberForms numbers;
  private final TimeForms times;
  private final TextForms texts;

  ColumnForms(EventOptions options) {
    this.options = options;
    this.numbers = new NumberForms(options);
    this.times = new TimeForms(options);
    this.texts = new TextForms(options);
  }

  static byte[] json(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static byte[] quoted(String text) {
    return new JsonBuffer().string(text).bytes();
  }

  /** The name of a field and its colon. */
  static JsonBuffer field(JsonBuffer to, String name) {
    return to.string(name).put(':');
  }

  /** The form of a column. */
  ColumnForm of(Column column) {
    return of(column.type(), bare(column.pgType()), column.typmod()).asOptional(!column.notNull());
  }

  /** A type's name without its modifiers: {@code timestamp without time zone}. */
  private static String bare(String pgType) {
    int open = pgType.indexOf('(');
    int close = pgType.indexOf(')', open);
    return open < 0 ? pgType : pgType.substring(0, open) + pgType.substring(close + 1);
  }

  /**
   * @param name PostgreSQL's name of the type without modifiers; empty where it is not known
   * @param typmod -1 where the type has none
   */
  private ColumnForm of(DataType type, String name, int typmod) {
    if (type instanceof DataType.ListOf list) {
      String element = name.endsWith("[]") ? name.substring(0, name.length() - 2) : "";
      return list(element, of(list.element(), element, typmod).asOptional(true));
    } else if (type instanceof DataType.Struct struct) {
      return struct(struct);
    } else if (type instanceof DataType.Decimal decimal) {
      return numbers.decimal(decimal);
    } else if (type instanceof DataType.Date) {
      return times.date();
    } else if (type instanceof DataType.Time) {
      return times.time(typmod);
    } else if (type instanceof DataType.Timestamp timestamp) {
      return timestamp.utc() ? times.zonedTimestamp(typmod) : times.timestamp(typmod);
    } else if (type instanceof DataType.Bytes) {
      return texts.bytes();
    } else if (type instanceof DataType.Uuid) {
      return texts.uuid(ConnectSchema.STRING.named("io.debezium.data.Uuid", 1));
    } else if (type instanceof DataType.Json) {
      return texts.text(ConnectSchema.STRING.named("io.debezium.data.Json", 1));
    } else if (type instanceof DataType.Text) {
      return text(name, typmod);
    }
    return primitive(type);
  }

  private static ColumnForm primitive(DataType type) {
    if (type instanceof DataType.Bool) {
      return primitive("boolean", (to, from, i) -> to.bool(((BooleanVector) from).get(i)), "false");
    } else if (type instanceof DataType.Float floating) {
      return floating.bits() == 32
          ? primitive("float32", (to, from, i) -> to.number(((FloatVector) from).get(i)), "0.0")
          : primitive("float64", (to, from, i) -> to.number(((DoubleVector) from).get(i)), "0.0");
    }
    int bits = ((DataType.Int) type).bits();
    return bits == 64
        ? primitive("int64", (to, from, i) -> to.number(((LongVector) from).get(i)), "0")
        : primitive("int" + bits, (to, from, i) -> to.number(((IntVector) from).get(i)), "0");
  }

  private static ColumnForm primitive(String type, ValueForm values, String missing) {
    return new ColumnForm(ConnectSchema.of(type), values, ColumnForms::unfit, null, json(missing));
  }

  private static void unfit(JsonBuffer to, String text) {
    throw new UnfitValue("the column's type does not hold it");
  }

  /** Types that are held as what the server prints. */
  private ColumnForm text(String name, int typmod) {
    return switch (ofExtension(name)) {
      case "numeric" -> numbers.text(typmod);
      case "money" -> numbers.money();
      case "interval" -> texts.interval();
      case "time with time zone" -> times.zonedTime();
      case "bit" -> texts.bits(Math.max(1, typmod));
      case "bit varying" -> texts.bits(typmod < 0 ? Integer.MAX_VALUE : typmod);
      case "point" -> texts.point();
      case "hstore" -> texts.hstore();
      case "xml" -> texts.text(ConnectSchema.STRING.named("io.debezium.data.Xml", 1));
      case "ltree" -> texts.text(ConnectSchema.STRING.named("io.debezium.data.Ltree", 1));
      case "tsvector" -> texts.text(ConnectSchema.STRING.named("io.debezium.data.Tsvector", 1));
      default -> texts.text(ConnectSchema.STRING);
    };
  }

  /** Types of extensions stand in whatever schema their owner chose. */
  private static String ofExtension(String name) {
    String last = name.substring(name.lastIndexOf('.') + 1);
    return last.equals("hstore") || last.equals("ltree") ? last : name;
  }

  private ColumnForm list(String elementName, ColumnForm element) {
    ValueForm values =
        (to, from, i) -> {
          ListVector lists = (ListVector) from;
          to.put('[');
          for (int at = lists.start(i); at < lists.end(i); at++) {
            if (at > lists.start(i)) {
              to.put(',');
            }
            value(to, element, lists.elements(), at);
          }
          to.put(']');
        };
    return new ColumnForm(
        ConnectSchema.array(element.schema()),
        values,
        (to, text) -> {
          throw new UnfitValue("arrays of more dimensions have no form on a topic");
        },
        unavailable(elementName, element),
        json("[]"));
  }

  /** What Debezium's own consumers look for: the placeholder as the only element, or its bytes. */
  private byte[] unavailable(String elementName, ColumnForm element) {
    if (elementName.equals("integer") || elementName.equals("bigint")) {
      List<String> codes = new ArrayList<>();
      for (byte code : options.placeholder().getBytes(StandardCharsets.UTF_8)) {
        codes.add(Byte.toString(code));
      }
      return json("[" + String.join(",", codes) + "]");
    }
    return element.unavailable() == null
        ? null
        : new JsonBuffer().put('[').put(element.unavailable()).put(']').bytes();
  }

  private static void value(JsonBuffer to, ColumnForm form, Vector from, int i) {
    if (from.isNull(i)) {
      to.ofNull();
    } else {
      form.values().write(to, from, i);
    }
  }

  private ColumnForm struct(DataType.Struct type) {
    Map<String, ColumnForm> fields = new LinkedHashMap<>();
    Map<String, ConnectSchema> schemas = new LinkedHashMap<>();
    for (DataType.Field field : type.fields()) {
      ColumnForm form = of(field.type(), "", -1).asOptional(true);
      fields.put(field.name(), form);
      schemas.put(field.name(), form.schema());
    }
    ValueForm values =
        (to, from, i) -> {
          StructVector structs = (StructVector) from;
          to.put('{');
          int at = 0;
          for (Map.Entry<String, ColumnForm> field : fields.entrySet()) {
            field(at == 0 ? to : to.put(','), field.getKey());
            value(to, field.getValue(), structs.fields().get(at++), i);
          }
          to.put('}');
        };
    return new ColumnForm(
        ConnectSchema.struct(schemas), values, ColumnForms::unfit, null, json("null"));
  }
}
