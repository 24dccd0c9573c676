package io.tidemark.postgres;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.postgres.catalog.CatalogColumn;
import io.tidemark.postgres.catalog.CatalogTable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A table as the event trigger describes it in the log.
 *
 * @param happened {@code altered}, {@code rewritten} or {@code dropped}
 * @param oid pg_class.oid
 * @param name its name
 * @param root pg_class.oid of the topmost partitioned table above it; 0 where it is no partition
 * @param empty whether it is known to have no page, so that no row was ever put into it
 * @param leaves of a partitioned table, where the message names them: all that hold its rows
 * @param columns live columns in the order of their attribute numbers
 */
record TableImage(
    String happened,
    int oid,
    TableName name,
    int root,
    boolean empty,
    Optional<List<Leaf>> leaves,
    List<CatalogColumn> columns) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * A leaf partition.
   *
   * @param empty as of a table
   */
  record Leaf(int oid, TableName name, boolean empty) {}

  TableImage {
    columns = List.copyOf(columns);
    leaves = leaves.map(List::copyOf);
  }

  /**
   * Reads a message of the event trigger.
   *
   * @throws TidemarkException SOURCE_PROTOCOL where it is none: every role may write messages
   */
  static TableImage parse(byte[] content) {
    try {
      JsonNode node = JSON.readTree(content);
      List<CatalogColumn> columns = new ArrayList<>();
      for (JsonNode column : node.required("columns")) {
        columns.add(
            new CatalogColumn(
                column.required("attnum").asInt(),
                column.required("name").asText(),
                (int) column.required("type").asLong(),
                column.required("typmod").asInt(),
                column.required("typename").asText(),
                column.required("notnull").asBoolean(),
                column.required("generated").asText().strip(),
                column.hasNonNull("missing")
                    ? Optional.of(column.get("missing").asText())
                    : Optional.empty(),
                ""));
      }
      refuseDisorder(columns);
      return new TableImage(
          node.required("happened").asText(),
          (int) node.required("oid").asLong(),
          name(node),
          // a trigger that an older version printed says nothing of partitions
          node.hasNonNull("root") ? (int) node.get("root").asLong() : 0,
          node.hasNonNull("empty") && node.get("empty").asBoolean(),
          node.hasNonNull("leaves") ? Optional.of(leaves(node.get("leaves"))) : Optional.empty(),
          columns);
    } catch (IOException | IllegalArgumentException e) {
      throw new TidemarkException(
          ErrorCode.SOURCE_PROTOCOL,
          "Cannot read a logical message with the prefix tidemark.ddl: it is not of the form that the"
              + " event trigger of doctor writes. It is left out and schema changes are found without"
              + " it; create the trigger again, or see which role writes such messages.",
          e);
    }
  }

  private static void refuseDisorder(List<CatalogColumn> columns) {
    Set<String> names = new HashSet<>();
    int last = 0;
    for (CatalogColumn column : columns) {
      if (column.attnum() <= last || !names.add(column.name())) {
        throw new IllegalArgumentException("columns that no table can have");
      }
      last = column.attnum();
    }
  }

  private static TableName name(JsonNode node) {
    return new TableName(node.required("schema").asText(), node.required("name").asText());
  }

  private static List<Leaf> leaves(JsonNode nodes) {
    List<Leaf> leaves = new ArrayList<>();
    for (JsonNode leaf : nodes) {
      leaves.add(
          new Leaf(
              (int) leaf.required("oid").asLong(), name(leaf), leaf.required("empty").asBoolean()));
    }
    return leaves;
  }

  boolean isDropped() {
    return happened.equals("dropped");
  }

  boolean isRewritten() {
    return happened.equals("rewritten");
  }

  List<Integer> typeOids() {
    return columns.stream().map(CatalogColumn::typeOid).toList();
  }

  /** This image with the key and identity of the last known form, as far as they remain. */
  CatalogTable onto(TableSchema newest) {
    boolean keyed =
        newest.key().stream()
            .allMatch(attnum -> columns.stream().anyMatch(column -> column.attnum() == attnum));
    return new CatalogTable(
        oid,
        newest.name(),
        oid,
        newest.partitioned(),
        false,
        newest.identity(),
        true,
        false,
        true,
        0,
        -1,
        0,
        columns.isEmpty() ? 0 : columns.get(columns.size() - 1).attnum(),
        columns,
        keyed ? newest.key() : List.of());
  }
}
