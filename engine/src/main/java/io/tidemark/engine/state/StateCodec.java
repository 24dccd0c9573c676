package io.tidemark.engine.state;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The stored form of a {@link PipelineState}: text keys and JSON values, which a sink keeps without
 * reading them. The form has a version. Newer code reads every older form; older code refuses a
 * newer one by name and never guesses.
 *
 * <p>Names stand whole inside the values, because a schema's name may hold a dot. Members of the
 * JSON that this version does not know are ignored; a change that older code must not ignore raises
 * {@link #FORMAT}.
 */
public final class StateCodec {
  /** The form that this version writes. */
  public static final int FORMAT = 1;

  /** Key of the form's version. */
  public static final String FORMAT_KEY = "format";

  static final String TABLE = "table/";
  static final String SCHEMA = "schema/";
  static final String DEFINITION = "definition/";
  static final String NOTE = "note/";

  private static final ObjectMapper JSON = new ObjectMapper();

  private StateCodec() {}

  /**
   * Reads the entries of a sink.
   *
   * @throws TidemarkException STATE_TOO_NEW when a newer version wrote them; DESTINATION_CHANGED
   *     when they are damaged
   */
  public static PipelineState decode(SortedMap<String, String> entries) {
    checkFormat(entries);
    SortedMap<TableName, TableState> tables = new TreeMap<>();
    SortedMap<TableName, List<TableSchema>> schemas = new TreeMap<>();
    SortedMap<TableName, String> definitions = new TreeMap<>();
    SortedMap<String, String> notes = new TreeMap<>();
    entries.forEach(
        (key, value) -> {
          if (key.startsWith(TABLE)) {
            JsonNode node = parse(key, value);
            tables.put(name(key, node), tableState(key, node));
          } else if (key.startsWith(SCHEMA)) {
            JsonNode node = parse(key, value);
            schemas.put(name(key, node), versions(key, node));
          } else if (key.startsWith(DEFINITION)) {
            JsonNode node = parse(key, value);
            definitions.put(
                name(key, node), reading(key, () -> node.required("definition").asText()));
          } else if (key.startsWith(NOTE)) {
            notes.put(key.substring(NOTE.length()), value);
          }
        });
    return new PipelineState(tables, schemas, definitions, notes);
  }

  /** All entries of a state. */
  public static SortedMap<String, String> encode(PipelineState state) {
    SortedMap<String, String> entries = new TreeMap<>();
    entries.put(FORMAT_KEY, Integer.toString(FORMAT));
    state.tables().forEach((table, value) -> entries.put(TABLE + table, encode(table, value)));
    state.schemas().forEach((table, value) -> entries.put(SCHEMA + table, encode(table, value)));
    state
        .definitions()
        .forEach((table, text) -> entries.put(DEFINITION + table, encode(table, text)));
    state.notes().forEach((key, value) -> entries.put(NOTE + key, value));
    return entries;
  }

  /** Whether an entry is one of those that {@link #encode} makes. */
  public static boolean owns(String key) {
    return key.equals(FORMAT_KEY)
        || key.startsWith(TABLE)
        || key.startsWith(SCHEMA)
        || key.startsWith(DEFINITION)
        || key.startsWith(NOTE);
  }

  /** The value of a {@code table/} entry. */
  static String encode(TableName table, TableState state) {
    ObjectNode node = named(table);
    node.put("phase", state.phase().word());
    node.put("attempt", state.attempt());
    state.reason().ifPresent(reason -> node.put("reason", reason));
    node.put("rowsCopied", state.rowsCopied());
    node.put("rowsExpected", state.rowsExpected());
    node.put("since", state.since().toString());
    return node.toString();
  }

  /** The value of a {@code schema/} entry. */
  static String encode(TableName table, List<TableSchema> versions) {
    ObjectNode node = named(table);
    ArrayNode array = node.putArray("versions");
    versions.forEach(schema -> array.add(SchemaJson.write(schema)));
    return node.toString();
  }

  /** The value of a {@code definition/} entry; the text is the source's and not read. */
  static String encode(TableName table, String definition) {
    return named(table).put("definition", definition).toString();
  }

  private static ObjectNode named(TableName table) {
    ObjectNode node = JSON.createObjectNode();
    node.put("schema", table.schema());
    node.put("table", table.table());
    return node;
  }

  private static void checkFormat(SortedMap<String, String> entries) {
    String format = entries.get(FORMAT_KEY);
    if (format == null) {
      if (entries.keySet().stream().anyMatch(StateCodec::owns)) {
        throw damaged(FORMAT_KEY, "it is missing", null);
      }
      return;
    }
    try {
      if (Integer.parseInt(format) > FORMAT) {
        throw new TidemarkException(
            ErrorCode.STATE_TOO_NEW,
            "Cannot read the pipeline's state: it has form "
                + format
                + ", and this version of Tidemark knows forms up to "
                + FORMAT
                + ". Run the version that wrote it, or a newer one.");
      }
    } catch (NumberFormatException e) {
      throw damaged(FORMAT_KEY, "it is no number", e);
    }
  }

  private static JsonNode parse(String key, String value) {
    try {
      return JSON.readTree(value);
    } catch (JsonProcessingException e) {
      throw damaged(key, "it is no JSON", e);
    }
  }

  private static TableName name(String key, JsonNode node) {
    return reading(
        key,
        () -> new TableName(node.required("schema").asText(), node.required("table").asText()));
  }

  private static TableState tableState(String key, JsonNode node) {
    return reading(
        key,
        () ->
            new TableState(
                phase(node.required("phase").asText()),
                node.required("attempt").asInt(),
                Optional.ofNullable(node.get("reason")).map(JsonNode::asText),
                node.required("rowsCopied").asLong(),
                node.required("rowsExpected").asLong(),
                Lsn.parse(node.required("since").asText())));
  }

  private static TableState.Phase phase(String word) {
    for (TableState.Phase phase : TableState.Phase.values()) {
      if (phase.word().equals(word)) {
        return phase;
      }
    }
    throw new IllegalArgumentException("unknown phase '" + word + "'");
  }

  private static List<TableSchema> versions(String key, JsonNode node) {
    TableName table = name(key, node);
    return reading(
        key,
        () -> {
          List<TableSchema> versions = new ArrayList<>();
          node.required("versions").forEach(each -> versions.add(SchemaJson.read(table, each)));
          if (versions.isEmpty()) {
            throw new IllegalArgumentException("it has no versions");
          }
          return List.copyOf(versions);
        });
  }

  private static <T> T reading(String key, java.util.function.Supplier<T> read) {
    try {
      return read.get();
    } catch (IllegalArgumentException e) {
      throw damaged(key, e.getMessage(), e);
    }
  }

  private static TidemarkException damaged(String key, String reason, Throwable cause) {
    return new TidemarkException(
        ErrorCode.DESTINATION_CHANGED,
        "Cannot read the pipeline's state: entry '"
            + key
            + "' is damaged, "
            + reason
            + ". Restore the destination's state from a backup, or copy into an empty one.",
        cause);
  }
}
