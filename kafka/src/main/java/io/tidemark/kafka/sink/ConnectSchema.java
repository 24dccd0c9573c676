package io.tidemark.kafka.sink;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A schema of Kafka Connect, as far as Debezium's events have them.
 *
 * @param type Connect's word: {@code int32}, {@code struct} and so on
 * @param name of the logical type; empty where there is none
 * @param version of the logical type; 0 where there is none
 * @param parameters of the logical type
 * @param fields of a struct, by name in their order
 * @param items of an array, or keys and values of a map
 * @param doc what it is, for people
 */
record ConnectSchema(
    String type,
    boolean optional,
    Optional<String> name,
    int version,
    Map<String, String> parameters,
    Map<String, ConnectSchema> fields,
    List<ConnectSchema> items,
    Optional<String> doc,
    Optional<String> standard) {
  static final ConnectSchema STRING = of("string");
  static final ConnectSchema INT64 = of("int64");

  static ConnectSchema of(String type) {
    return new ConnectSchema(
        type,
        false,
        Optional.empty(),
        0,
        Map.of(),
        Map.of(),
        List.of(),
        Optional.empty(),
        Optional.empty());
  }

  static ConnectSchema struct(Map<String, ConnectSchema> fields) {
    return of("struct").with(fields, List.of());
  }

  static ConnectSchema array(ConnectSchema items) {
    return of("array").with(Map.of(), List.of(items));
  }

  static ConnectSchema map(ConnectSchema keys, ConnectSchema values) {
    return of("map").with(Map.of(), List.of(keys, values));
  }

  private ConnectSchema with(Map<String, ConnectSchema> newFields, List<ConnectSchema> newItems) {
    return new ConnectSchema(
        type, optional, name, version, parameters, newFields, newItems, doc, standard);
  }

  ConnectSchema named(String logical) {
    return new ConnectSchema(
        type, optional, Optional.of(logical), version, parameters, fields, items, doc, standard);
  }

  ConnectSchema named(String logical, int ofVersion) {
    return new ConnectSchema(
        type, optional, Optional.of(logical), ofVersion, parameters, fields, items, doc, standard);
  }

  ConnectSchema parameter(String key, String value) {
    Map<String, String> more = new LinkedHashMap<>(parameters);
    more.put(key, value);
    return new ConnectSchema(type, optional, name, version, more, fields, items, doc, standard);
  }

  ConnectSchema doc(String text) {
    return new ConnectSchema(
        type, optional, name, version, parameters, fields, items, Optional.of(text), standard);
  }

  ConnectSchema standard(String value) {
    return new ConnectSchema(
        type, optional, name, version, parameters, fields, items, doc, Optional.of(value));
  }

  ConnectSchema asOptional() {
    return asOptional(true);
  }

  ConnectSchema asOptional(boolean may) {
    return new ConnectSchema(type, may, name, version, parameters, fields, items, doc, standard);
  }

  /** The schema in the JSON form of Connect's JsonConverter. */
  ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("type", type.equals("float32") ? "float" : type.equals("float64") ? "double" : type);
    if (type.equals("struct")) {
      ArrayNode list = json.putArray("fields");
      fields.forEach((field, schema) -> list.add(schema.json().put("field", field)));
    } else if (type.equals("array")) {
      json.set("items", items.get(0).json());
    } else if (type.equals("map")) {
      json.set("keys", items.get(0).json());
      json.set("values", items.get(1).json());
    }
    json.put("optional", optional);
    name.ifPresent(text -> json.put("name", text));
    if (version > 0) {
      json.put("version", version);
    }
    doc.ifPresent(text -> json.put("doc", text));
    if (!parameters.isEmpty()) {
      ObjectNode all = json.putObject("parameters");
      parameters.forEach(all::put);
    }
    standard.ifPresent(text -> json.put("default", text));
    return json;
  }
}
