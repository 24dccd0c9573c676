package io.tidemark.kafka.sink;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/**
 * What the state topic says, read from its beginning to the end of what is committed. The topic is
 * compacted, so its length is that of the state.
 *
 * <p>Keys: {@code epoch}, {@code tidemark}, {@code entry/<key of the engine>}, {@code
 * waiting/<table>} (offset of the table's first change that waits for its copy), {@code
 * offsets/<topic>} (next offset of each partition as of the last commit that wrote there), {@code
 * rows/<table>} (changes ever written), {@code split} while a transaction is written in parts.
 */
final class StoredState {
  static final String EPOCH = "epoch";
  static final String TIDEMARK = "tidemark";
  static final String SPLIT = "split";
  static final String ENTRY = "entry/";
  static final String WAITING = "waiting/";
  static final String OFFSETS = "offsets/";
  static final String ROWS = "rows/";
  private static final int FORMAT = 1;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration POLL = Duration.ofMillis(100);
  private static final long LONGEST_READ = Duration.ofMinutes(5).toNanos();

  private final TreeMap<String, byte[]> values = new TreeMap<>();

  /**
   * Reads it.
   *
   * @param topic must exist
   */
  static StoredState read(KafkaConsumer<byte[], byte[]> consumer, String topic) {
    StoredState state = new StoredState();
    TopicPartition partition = new TopicPartition(topic, 0);
    consumer.assign(List.of(partition));
    consumer.seekToBeginning(List.of(partition));
    long end = consumer.endOffsets(List.of(partition)).get(partition);
    long deadline = System.nanoTime() + LONGEST_READ;
    while (consumer.position(partition) < end) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL).records(partition)) {
        if (record.offset() < end) {
          state.put(new String(record.key(), StandardCharsets.UTF_8), record.value());
        }
      }
      if (System.nanoTime() - deadline > 0) {
        throw new org.apache.kafka.common.errors.TimeoutException(
            "the state topic " + topic + " was not read to its end within 5 minutes");
      }
    }
    return state;
  }

  private void put(String key, byte[] value) {
    if (value == null) {
      values.remove(key);
    } else {
      values.put(key, value);
    }
  }

  private JsonNode json(String key) {
    byte[] value = values.get(key);
    try {
      return value == null ? JSON.missingNode() : JSON.readTree(value);
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.DESTINATION_CHANGED,
          "Cannot read the state of the copy: record '"
              + key
              + "' is no JSON. Somebody else writes to its topic; take another topic.prefix.",
          e);
    }
  }

  /** The epoch of the last claim, 0 before the first. */
  long epoch() {
    return json(EPOCH).path("epoch").asLong();
  }

  /** Who made the last claim, empty before the first. */
  String writer() {
    return json(EPOCH).path("writer").asText();
  }

  /** The {@code transactional.id} of the last claim, where it is known. */
  Optional<String> transactionalId() {
    return Optional.ofNullable(json(EPOCH).path("transactional_id").textValue());
  }

  /** Position of the last commit. */
  Position tidemark() {
    JsonNode tidemark = json(TIDEMARK);
    if (tidemark.path("format").asInt(FORMAT) > FORMAT) {
      throw new TidemarkException(
          ErrorCode.STATE_TOO_NEW,
          "Cannot read the state of the copy: its form is "
              + tidemark.path("format").asInt()
              + ", this program knows "
              + FORMAT
              + ". Use the newer version of Tidemark that wrote it.");
    }
    TreeMap<String, Long> parts = new TreeMap<>();
    tidemark
        .path("position")
        .properties()
        .forEach(
            part -> parts.put(part.getKey(), Long.parseUnsignedLong(part.getValue().asText())));
    return new Position(parts);
  }

  /** Commit time of the last transaction below the tidemark, microseconds since 1970 UTC. */
  long committedAtMicros() {
    return json(TIDEMARK).path("committed_at_us").asLong();
  }

  /** Changes that were ever written, by table. */
  SortedMap<TableName, Long> rows() {
    TreeMap<TableName, Long> rows = new TreeMap<>();
    below(ROWS)
        .keySet()
        .forEach(table -> rows.put(TableName.parse(table), json(ROWS + table).asLong()));
    return rows;
  }

  /** The engine's own entries. */
  SortedMap<String, String> entries() {
    TreeMap<String, String> entries = new TreeMap<>();
    below(ENTRY)
        .forEach((key, value) -> entries.put(key, new String(value, StandardCharsets.UTF_8)));
    return entries;
  }

  /** The tables whose changes wait for their copy, and the offset of the first of each. */
  SortedMap<TableName, Long> waiting() {
    TreeMap<TableName, Long> waiting = new TreeMap<>();
    below(WAITING)
        .keySet()
        .forEach(
            table ->
                waiting.put(TableName.parse(table), json(WAITING + table).path("from").asLong()));
    return waiting;
  }

  /** Next offset of each partition, by topic, as of the last commit that wrote there. */
  Map<String, long[]> offsets() {
    TreeMap<String, long[]> offsets = new TreeMap<>();
    below(OFFSETS)
        .keySet()
        .forEach(
            topic -> offsets.put(topic, JSON.convertValue(json(OFFSETS + topic), long[].class)));
    return offsets;
  }

  private Map<String, byte[]> below(String prefix) {
    TreeMap<String, byte[]> found = new TreeMap<>();
    values
        .subMap(prefix, prefix + Character.MAX_VALUE)
        .forEach((key, value) -> found.put(key.substring(prefix.length()), value));
    return found;
  }

  /** Whether a transaction was being written in parts when its writer died. */
  boolean isSplit() {
    return values.containsKey(SPLIT);
  }

  static byte[] epochJson(long epoch, String writer, String transactionalId) {
    return bytes(
        JSON.createObjectNode()
            .put("epoch", epoch)
            .put("writer", writer)
            .put("transactional_id", transactionalId));
  }

  static byte[] tidemarkJson(Position position, long committedAtMicros, long epoch) {
    ObjectNode json = JSON.createObjectNode().put("format", FORMAT).put("epoch", epoch);
    ObjectNode parts = json.putObject("position");
    position.parts().forEach((name, place) -> parts.put(name, Long.toUnsignedString(place)));
    json.put("lsn", position.toString());
    return bytes(json.put("committed_at_us", committedAtMicros));
  }

  static byte[] rowsJson(long rows) {
    return Long.toString(rows).getBytes(StandardCharsets.UTF_8);
  }

  static byte[] fromJson(long offset) {
    return bytes(JSON.createObjectNode().put("from", offset));
  }

  static byte[] offsetsJson(long[] next) {
    return bytes(JSON.valueToTree(next));
  }

  private static byte[] bytes(JsonNode json) {
    return json.toString().getBytes(StandardCharsets.UTF_8);
  }
}
