package io.tidemark.engine.state;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** JSON of one version of a table's form. Reading throws IllegalArgumentException on damage. */
public final class SchemaJson {
  private SchemaJson() {}

  /** The JSON of a form. */
  public static ObjectNode write(TableSchema schema) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("version", schema.version());
    node.put("oid", Integer.toUnsignedLong(schema.relationOid()));
    ArrayNode columns = node.putArray("columns");
    schema.columns().forEach(column -> columns.add(write(column)));
    ArrayNode key = node.putArray("key");
    schema.key().forEach(key::add);
    node.put("identity", schema.identity().name().toLowerCase(Locale.ROOT));
    node.put("partitioned", schema.partitioned());
    return node;
  }

  /** The form of a table from its JSON. */
  public static TableSchema read(TableName table, JsonNode node) {
    List<Column> columns = new ArrayList<>();
    node.required("columns").forEach(each -> columns.add(readColumn(each)));
    List<Integer> key = new ArrayList<>();
    node.required("key").forEach(each -> key.add(each.asInt()));
    return new TableSchema(
        table,
        (int) node.required("oid").asLong(),
        node.required("version").asInt(),
        columns,
        key,
        ReplicaIdentity.valueOf(node.required("identity").asText().toUpperCase(Locale.ROOT)),
        node.required("partitioned").asBoolean());
  }

  private static ObjectNode write(Column column) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("attnum", column.attnum());
    node.put("name", column.name());
    node.set("type", writeType(column.type()));
    node.put("pgType", column.pgType());
    node.put("typeOid", Integer.toUnsignedLong(column.typeOid()));
    node.put("typmod", column.typmod());
    node.put("notNull", column.notNull());
    node.put("generated", column.generated());
    column.backfill().ifPresent(text -> node.put("backfill", text));
    return node;
  }

  private static Column readColumn(JsonNode node) {
    return new Column(
        node.required("attnum").asInt(),
        node.required("name").asText(),
        readType(node.required("type")),
        node.required("pgType").asText(),
        (int) node.required("typeOid").asLong(),
        node.required("typmod").asInt(),
        node.required("notNull").asBoolean(),
        node.required("generated").asBoolean(),
        Optional.ofNullable(node.get("backfill")).map(JsonNode::asText));
  }

  private static JsonNode writeType(DataType type) {
    if (type instanceof DataType.ListOf list) {
      return JsonNodeFactory.instance.objectNode().set("list", writeType(list.element()));
    }
    if (type instanceof DataType.Struct struct) {
      ObjectNode node = JsonNodeFactory.instance.objectNode();
      ArrayNode fields = node.putArray("struct");
      for (DataType.Field field : struct.fields()) {
        fields.addObject().put("name", field.name()).set("type", writeType(field.type()));
      }
      return node;
    }
    return TextNode.valueOf(word(type));
  }

  private static String word(DataType type) {
    if (type instanceof DataType.Int integer) {
      return "int" + integer.bits();
    } else if (type instanceof DataType.Float floating) {
      return "float" + floating.bits();
    } else if (type instanceof DataType.Decimal decimal) {
      return "decimal(" + decimal.precision() + "," + decimal.scale() + ")";
    } else if (type instanceof DataType.Timestamp timestamp) {
      return timestamp.utc() ? "timestamptz" : "timestamp";
    }
    return type.getClass().getSimpleName().toLowerCase(Locale.ROOT);
  }

  private static DataType readType(JsonNode node) {
    if (node.has("list")) {
      return new DataType.ListOf(readType(node.get("list")));
    }
    if (node.has("struct")) {
      List<DataType.Field> fields = new ArrayList<>();
      for (JsonNode field : node.get("struct")) {
        fields.add(
            new DataType.Field(field.required("name").asText(), readType(field.required("type"))));
      }
      return new DataType.Struct(fields);
    }
    return typeOf(node.asText());
  }

  private static DataType typeOf(String word) {
    if (word.startsWith("decimal(") && word.endsWith(")")) {
      String[] digits = word.substring("decimal(".length(), word.length() - 1).split(",");
      return new DataType.Decimal(Integer.parseInt(digits[0]), Integer.parseInt(digits[1]));
    }
    return switch (word) {
      case "bool" -> new DataType.Bool();
      case "int16" -> new DataType.Int(16);
      case "int32" -> new DataType.Int(32);
      case "int64" -> new DataType.Int(64);
      case "float32" -> new DataType.Float(32);
      case "float64" -> new DataType.Float(64);
      case "text" -> new DataType.Text();
      case "json" -> new DataType.Json();
      case "bytes" -> new DataType.Bytes();
      case "uuid" -> new DataType.Uuid();
      case "date" -> new DataType.Date();
      case "time" -> new DataType.Time();
      case "timestamp" -> new DataType.Timestamp(false);
      case "timestamptz" -> new DataType.Timestamp(true);
      default -> throw new IllegalArgumentException("unknown data type '" + word + "'");
    };
  }
}
