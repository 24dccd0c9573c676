package io.tidemark.engine.deadletter;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.BatchCodec;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.engine.state.SchemaJson;
import io.tidemark.engine.transform.ValueText;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/**
 * A row that a sink did not take, with everything needed to give it again: its form, its exact
 * values, its place in the log, and why it is here. Stored as an entry of the state, by the commit
 * that lacks the row. People read {@code values}; code reads {@code row}. Letters of earlier
 * versions lack {@code code} and {@code at}; {@code edited} is there where somebody changed values.
 *
 * @param key of the entry; letters of a table sort in the order of the log
 * @param json the entry's value
 * @param batch the one row, under the form that it came with
 */
record Letter(String key, String json, ChangeBatch batch) {
  /** Keys of all letters begin so. */
  static final String PREFIX = "letter/";

  /** The form that this version writes. */
  private static final int FORM = 1;

  private static final ObjectMapper JSON = new ObjectMapper();

  /** The letter of row {@code i}. */
  static Letter of(ChangeBatch from, int i, Reason reason, Instant at) {
    ChangeBatch row = new ChangeBatch(from.schema());
    row.addFrom(from, i);
    ObjectNode node = JSON.createObjectNode();
    node.put("form", FORM);
    node.put("schema", from.table().schema());
    node.put("table", from.table().table());
    node.put("lsn", new Lsn(from.commitLsn(i)).toString());
    node.put("seq", from.ordinal(i));
    node.put("op", from.op(i).name().toLowerCase(java.util.Locale.ROOT));
    node.put("code", reason.code());
    node.put("reason", reason.text());
    node.put("at", at.toString());
    node.set("values", values(row.schema(), row.columns()));
    if (row.hasBefore()) {
      node.set("before", values(row.schema(), row.before()));
    }
    node.set("formOfTable", SchemaJson.write(from.schema()));
    node.put("row", exact(row));
    return new Letter(key(row), node.toString(), row);
  }

  private static String exact(ChangeBatch row) {
    ByteBuffer bytes = BatchCodec.write(row);
    byte[] exact = new byte[bytes.remaining()];
    bytes.get(exact);
    return Base64.getEncoder().encodeToString(exact);
  }

  /** Where its row stands in the log, as people name it: {@code 16/B374D848-3}. */
  String place() {
    return new Lsn(batch.commitLsn(0)) + "-" + batch.ordinal(0);
  }

  /**
   * The same letter with other values in its row. What the source gave is kept beside them, as
   * text.
   *
   * @param values column name to value, see {@link io.tidemark.engine.transform.ValueRead}
   * @throws TidemarkException USAGE when one does not fit
   */
  Letter edited(Map<String, JsonNode> values, Instant at) {
    ChangeBatch row = LetterEdit.of(this, values);
    try {
      ObjectNode node = (ObjectNode) JSON.readTree(json);
      JsonNode shown = node.get("values");
      JsonNode earlier = node.path("edited").path("given");
      ObjectNode given = JSON.createObjectNode();
      earlier.properties().forEach(each -> given.set(each.getKey(), each.getValue()));
      values.keySet().stream()
          .filter(name -> !given.has(name))
          .forEach(name -> given.set(name, shown.get(name)));
      node.putObject("edited").put("at", at.toString()).set("given", given);
      node.set("values", values(row.schema(), row.columns()));
      node.put("row", exact(row));
      return new Letter(key, node.toString(), row);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot edit dead letter " + key + ": it is no JSON.", e);
    }
  }

  private static String key(ChangeBatch row) {
    return String.format(
        java.util.Locale.ROOT,
        "%s%s/%s-%020d",
        PREFIX,
        row.table(),
        new Lsn(row.commitLsn(0)).toHex(),
        row.ordinal(0));
  }

  private static ObjectNode values(TableSchema schema, List<ColumnData> data) {
    ObjectNode values = JSON.createObjectNode();
    for (int c = 0; c < data.size(); c++) {
      Column column = schema.columns().get(c);
      ColumnData cell = data.get(c);
      if (cell.isUnchanged(0)) {
        values.putObject(column.name()).put("unchanged", true);
      } else if (cell.raw(0) != null) {
        values.put(column.name(), cell.raw(0));
      } else {
        values.put(column.name(), ValueText.of(column.type(), cell.vector(), 0));
      }
    }
    return values;
  }

  /**
   * Reads an entry.
   *
   * @throws TidemarkException STATE_TOO_NEW when a newer version wrote it; DESTINATION_CHANGED when
   *     it is damaged
   */
  static Letter read(String key, String json) {
    try {
      JsonNode node = JSON.readTree(json);
      if (node.required("form").asInt() > FORM) {
        throw new TidemarkException(
            ErrorCode.STATE_TOO_NEW,
            "Cannot read dead letter "
                + key
                + ": it has form "
                + node.get("form").asInt()
                + ", and this version of Tidemark knows forms up to "
                + FORM
                + ". Run the version that wrote it, or a newer one.");
      }
      TableName table =
          new TableName(node.required("schema").asText(), node.required("table").asText());
      TableSchema schema = SchemaJson.read(table, node.required("formOfTable"));
      ByteBuffer row = ByteBuffer.wrap(Base64.getDecoder().decode(node.required("row").asText()));
      return new Letter(key, json, BatchCodec.read(row, schema));
    } catch (JsonProcessingException | IllegalArgumentException | BufferUnderflowException e) {
      throw new TidemarkException(
          ErrorCode.DESTINATION_CHANGED,
          "Cannot read dead letter "
              + key
              + ": it is damaged. Restore the destination's state from a backup, or copy the table"
              + " again.",
          e);
    }
  }
}
