package io.tidemark.kafka.sink;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableSchema;
import io.tidemark.testkit.CurrentRow;
import io.tidemark.testkit.Values;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * What a consumer that knows nothing but Debezium's events makes of a topic: it applies each
 * partition's records as they come.
 */
final class TopicRows {
  private static final String PLACEHOLDER = "__debezium_unavailable_value";

  private final TableSchema form;

  /** By partition, then by key, or by a number of its own where a row has none. */
  private final Map<Integer, Map<Object, JsonNode>> rows = new TreeMap<>();

  private long numbers;

  private TopicRows(TableSchema form) {
    this.form = form;
  }

  static List<CurrentRow> of(TableSchema form, List<Topic.Record> records) throws IOException {
    TopicRows topic = new TopicRows(form);
    for (Topic.Record record : records) {
      topic.apply(record);
    }
    List<CurrentRow> seen = new ArrayList<>();
    for (Map<Object, JsonNode> partition : topic.rows.values()) {
      partition.values().forEach(row -> seen.add(topic.seen(row)));
    }
    return seen;
  }

  private void apply(Topic.Record record) throws IOException {
    Map<Object, JsonNode> at = rows.computeIfAbsent(record.partition(), p -> new HashMap<>());
    String key = record.key() == null ? null : new String(record.key(), StandardCharsets.UTF_8);
    if (record.value() == null) {
      if (at.containsKey(key)) {
        throw new IllegalStateException("A tombstone came before the delete of its row.");
      }
      return;
    }
    JsonNode event = record.json();
    switch (event.path("op").asText()) {
      case "t" -> at.clear();
      case "d" -> {
        JsonNode before = event.path("before");
        at.remove(key == null ? equal(at, before) : key);
      }
      case "u" -> {
        JsonNode before = event.path("before");
        Object place = key == null ? equal(at, before) : key;
        at.put(place, filled(event.path("after"), at.get(place)));
      }
      default -> at.put(key == null ? Long.valueOf(numbers++) : key, event.path("after"));
    }
  }

  private static Object equal(Map<Object, JsonNode> at, JsonNode row) {
    return at.entrySet().stream()
        .filter(each -> each.getValue().equals(row))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("A row without a key is not there."));
  }

  private static JsonNode filled(JsonNode after, JsonNode was) {
    JsonNode row = after.deepCopy();
    after
        .properties()
        .forEach(
            field -> {
              if (field.getValue().asText().equals(PLACEHOLDER)) {
                ((com.fasterxml.jackson.databind.node.ObjectNode) row)
                    .set(field.getKey(), was.path(field.getKey()));
              }
            });
    return row;
  }

  private CurrentRow seen(JsonNode row) {
    Map<String, String> values = new TreeMap<>();
    Map<String, String> raw = new TreeMap<>();
    for (Column column : form.columns()) {
      JsonNode value = row.path(column.name());
      if (value.isMissingNode() || value.isNull()) {
        continue;
      }
      if (value.asText().equals("NAN")) {
        raw.put(column.name(), "NaN");
      } else if (value.asText().equals("infinity")) {
        raw.put(column.name(), "infinity");
      } else {
        values.put(column.name(), Values.text(read(column.type(), value)));
      }
    }
    return new CurrentRow(values, raw);
  }

  private static Object read(DataType type, JsonNode value) {
    if (value.isNull()) {
      return null;
    } else if (type instanceof DataType.Bool) {
      return value.booleanValue();
    } else if (type instanceof DataType.Int) {
      return value.longValue();
    } else if (type instanceof DataType.Float floating) {
      return floating.bits() == 32 ? (Object) value.floatValue() : (Object) value.doubleValue();
    } else if (type instanceof DataType.Decimal) {
      return new BigDecimal(value.textValue());
    } else if (type instanceof DataType.Date) {
      return LocalDate.ofEpochDay(value.longValue());
    } else if (type instanceof DataType.Time) {
      return LocalTime.ofNanoOfDay(value.longValue() * 1000);
    } else if (type instanceof DataType.Timestamp timestamp) {
      return timestamp.utc()
          ? (Object) Instant.parse(value.textValue())
          : Instant.EPOCH
              .plus(value.longValue(), ChronoUnit.MICROS)
              .atOffset(ZoneOffset.UTC)
              .toLocalDateTime();
    } else if (type instanceof DataType.Uuid) {
      return UUID.fromString(value.textValue());
    } else if (type instanceof DataType.Bytes) {
      return java.util.Base64.getDecoder().decode(value.textValue());
    } else if (type instanceof DataType.ListOf list) {
      List<Object> elements = new ArrayList<>();
      value.forEach(each -> elements.add(read(list.element(), each)));
      return elements;
    } else if (type instanceof DataType.Struct struct) {
      List<Object> fields = new ArrayList<>();
      struct.fields().forEach(field -> fields.add(read(field.type(), value.path(field.name()))));
      return fields;
    }
    return value.textValue();
  }
}
