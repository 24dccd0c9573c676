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
 * @param happened {@code altered} or {@code rewritten}
 * @param oid pg_class.oid
 * @param name its name
 * @param columns live columns in the order of their attribute numbers
 */
record TableImage(String happened, int oid, TableName name, List<CatalogColumn> columns) {
  private static final ObjectMapper JSON = new ObjectMapper();

  TableImage {
    columns = List.copyOf(columns);
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
          new TableName(node.required("schema").asText(), node.required("name").asText()),
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
