package io.tidemark.engine.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.SinkState;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * How a copy has a table: what the transforms made of one version of its form. Stored with the data
 * as an entry of the state, so that a change of the transforms is noticed: rows of two forms never
 * mix under one version.
 *
 * @param name in the copy
 * @param version of the form at the source
 * @param columns a digest of names and types
 */
record CopyForm(TableName name, int version, String columns) {
  /** Keys of these entries begin so; the table's name at the source follows. */
  static final String PREFIX = "form/";

  private static final int DIGEST_BYTES = 16;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What the transforms made of a form. */
  static CopyForm of(TableSchema form) {
    String columns =
        form.columns().stream()
            .map(column -> column.attnum() + " " + column.name() + " " + column.type())
            .collect(Collectors.joining("\n"));
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(columns.getBytes(StandardCharsets.UTF_8));
      return new CopyForm(
          form.name(),
          form.version(),
          HexFormat.of().formatHex(Arrays.copyOf(digest, DIGEST_BYTES)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256.", e);
    }
  }

  /** What a copy has of a table; empty where it never had it. */
  static Optional<CopyForm> stored(SinkState copy, TableName source) {
    String key = PREFIX + source;
    return Optional.ofNullable(copy.entries().get(key)).map(value -> decode(key, value));
  }

  String encode() {
    return JSON.createObjectNode()
        .put("schema", name.schema())
        .put("table", name.table())
        .put("version", version)
        .put("columns", columns)
        .toString();
  }

  private static CopyForm decode(String key, String value) {
    try {
      JsonNode node = JSON.readTree(value);
      return new CopyForm(
          new TableName(node.required("schema").asText(), node.required("table").asText()),
          node.required("version").asInt(),
          node.required("columns").asText());
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new TidemarkException(
          ErrorCode.DESTINATION_CHANGED,
          "Cannot read entry "
              + key
              + " of the state: it is damaged. Restore the destination from a backup.",
          e);
    }
  }

  /** Whether rows of both forms can stand in one copy: another version is another form. */
  boolean meets(CopyForm other) {
    return version != other.version || columns.equals(other.columns);
  }
}
