package io.tidemark.kafka.sink;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Compares events field by field and keeps what differs. */
final class Differences {
  /**
   * A field that differs.
   *
   * @param path topic, event and field: {@code ops.public.items[3] value/payload/after/name}
   */
  record Difference(String path, String theirs, String ours) {
    @Override
    public String toString() {
      return path + "\n    theirs " + cut(theirs) + "\n    ours   " + cut(ours);
    }

    private static String cut(String text) {
      return text.length() > 200 ? text.substring(0, 200) + "..." : text;
    }
  }

  private final List<Difference> found = new ArrayList<>();

  List<Difference> found() {
    return found;
  }

  /** Compares all events of a topic, keys, values and headers, in their order. */
  void compare(String topic, List<DebeziumEvents.Event> theirs, List<Topic.Record> ours)
      throws java.io.IOException {
    if (theirs.size() != ours.size()) {
      add(topic + " events", String.valueOf(theirs.size()), String.valueOf(ours.size()));
    }
    for (int i = 0; i < Math.min(theirs.size(), ours.size()); i++) {
      DebeziumEvents.Event their = theirs.get(i);
      Topic.Record our = ours.get(i);
      String event = topic + "[" + i + "] ";
      String ourKey =
          our.key() == null ? null : new String(our.key(), java.nio.charset.StandardCharsets.UTF_8);
      if (ourKey == null || !ourKey.equals(their.keyText())) {
        compare(event + "key", their.key(), our.wholeKey());
      }
      JsonNode none = JsonNodeFactory.instance.nullNode();
      compare(event + "value", their.value() == null ? none : their.value(), our.whole());
      compare(event + "headers", headers(their.headers()), our.headersJson());
    }
  }

  private static ObjectNode headers(Map<String, JsonNode> all) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    all.forEach(json::set);
    return json;
  }

  private void compare(String path, JsonNode theirs, JsonNode ours) {
    if (theirs.equals(ours)) {
      return;
    }
    JsonNode a = byName(theirs);
    JsonNode b = byName(ours);
    if (a.isObject() && b.isObject()) {
      Set<String> names = new LinkedHashSet<>();
      a.fieldNames().forEachRemaining(names::add);
      b.fieldNames().forEachRemaining(names::add);
      names.forEach(name -> compare(path + "/" + name, a.path(name), b.path(name)));
    } else {
      add(path, theirs.toString(), ours.toString());
    }
  }

  /** Fields of a struct by their names, so that one more does not move the rest. */
  private static JsonNode byName(JsonNode node) {
    if (!node.isArray() || node.isEmpty() || !node.get(0).has("field")) {
      return node;
    }
    ObjectNode fields = JsonNodeFactory.instance.objectNode();
    node.forEach(field -> fields.set(field.path("field").asText(), field));
    return fields;
  }

  private void add(String path, String theirs, String ours) {
    found.add(new Difference(path, theirs, ours));
  }
}
