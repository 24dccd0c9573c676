package io.tidemark.engine.deadletter;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.api.config.Suggestion;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableSchema;
import io.tidemark.engine.transform.ValueRead;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Other values for the row of a letter, checked against the form of its table. */
final class LetterEdit {
  private static final ObjectMapper JSON = new ObjectMapper();

  private LetterEdit() {}

  /**
   * Column names to values, from a JSON object.
   *
   * @throws TidemarkException USAGE when it is none
   */
  static Map<String, JsonNode> read(String json) {
    try {
      JsonNode node = JSON.readTree(json);
      if (!node.isObject() || node.isEmpty()) {
        throw refused("the values are no JSON object with at least one column");
      }
      Map<String, JsonNode> values = new LinkedHashMap<>();
      node.properties().forEach(each -> values.put(each.getKey(), each.getValue()));
      return values;
    } catch (JsonProcessingException e) {
      throw refused("the values are no JSON");
    }
  }

  /** The letter's row with other values. */
  static ChangeBatch of(Letter letter, Map<String, JsonNode> values) {
    ChangeBatch from = letter.batch();
    TableSchema schema = from.schema();
    if (from.op(0) == Op.DELETE) {
      throw refused("row " + letter.place() + " is a delete and has no values to change");
    }
    if (!schema.hasKey()) {
      throw refused(
          "table " + schema.name() + " has no key, and later changes find a row by all its values");
    }
    values.keySet().forEach(name -> requireFree(schema, name));
    ChangeBatch to = new ChangeBatch(schema);
    to.addRow(from.op(0), from.commitLsn(0), from.ordinal(0), from.xid(0), from.committedAt(0));
    if (from.leaf(0) != null) {
      to.leaf(from.leaf(0));
    }
    for (int c = 0; c < schema.columns().size(); c++) {
      Column column = schema.columns().get(c);
      JsonNode value = values.get(column.name());
      if (value == null) {
        to.columns().get(c).addFrom(from.columns().get(c), 0);
      } else {
        append(column, to.columns().get(c), value);
      }
    }
    if (from.beforeKind(0) != ChangeBatch.Before.NONE) {
      to.addBefore(from.beforeKind(0));
      for (int c = 0; c < schema.columns().size(); c++) {
        to.before().get(c).addFrom(from.before().get(c), 0);
      }
    }
    return to;
  }

  private static void append(Column column, ColumnData to, JsonNode value) {
    String named = "column '" + column.name() + "' (" + column.pgType() + ")";
    if (value.isNull() && column.notNull()) {
      throw refused(named + " takes no null");
    }
    try {
      ValueRead.append(column.type(), to.vector(), value);
    } catch (IllegalArgumentException e) {
      throw refused("the value for " + named + " does not fit: it is " + e.getMessage());
    }
  }

  /** Other letters wait behind this one by its key, so that must stay. */
  private static void requireFree(TableSchema schema, String name) {
    Column column =
        schema
            .column(name)
            .orElseThrow(
                () -> {
                  List<String> names = schema.columns().stream().map(Column::name).toList();
                  return new TidemarkException(
                      ErrorCode.USAGE,
                      "Cannot edit dead letter: table "
                          + schema.name()
                          + " has no column '"
                          + name
                          + "'"
                          + Suggestion.of(name, names));
                });
    if (schema.key().contains(column.attnum())) {
      throw refused("column '" + name + "' is part of the key, and other letters may wait by it");
    }
  }

  private static TidemarkException refused(String reason) {
    return new TidemarkException(
        ErrorCode.USAGE,
        "Cannot edit dead letter: "
            + reason
            + ". Name columns and values as 'dead-letters show' does.");
  }
}
