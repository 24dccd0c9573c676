package io.tidemark.kafka.sink;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads topics with an ordinary consumer of what is committed. */
final class Topic {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A record; its payload where it carries a schema. */
  record Record(int partition, long offset, byte[] key, byte[] value, Map<String, String> headers) {
    JsonNode json() throws IOException {
      JsonNode whole = JSON.readTree(value);
      return whole.has("schema") && whole.has("payload") ? whole.path("payload") : whole;
    }

    JsonNode whole() throws IOException {
      return value == null ? JSON.nullNode() : JSON.readTree(value);
    }

    JsonNode headersJson() throws IOException {
      var json = JSON.createObjectNode();
      for (Map.Entry<String, String> header : headers.entrySet()) {
        json.set(header.getKey(), JSON.readTree(header.getValue()));
      }
      return json;
    }

    JsonNode wholeKey() throws IOException {
      return key == null ? JSON.nullNode() : JSON.readTree(key);
    }
  }

  /** A poll that meets nothing but the end of a transaction waits this long. */
  private static final Duration POLL = Duration.ofMillis(20);

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private Topic() {}

  /** All records of a topic, partition after partition; none where there is no topic. */
  static List<Record> read(String bootstrap, String topic) {
    Map<String, Object> properties =
        Map.of(
            "bootstrap.servers",
            bootstrap,
            "isolation.level",
            "read_committed",
            "fetch.max.wait.ms",
            10,
            "allow.auto.create.topics",
            false);
    List<Record> records = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.listTopics().getOrDefault(topic, List.of()).stream()
              .map(each -> new TopicPartition(topic, each.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = ends(bootstrap, partitions);
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (partitions.stream().anyMatch(each -> consumer.position(each) < ends.get(each))) {
        if (System.nanoTime() - deadline > 0) {
          throw new IllegalStateException("A transaction was left open in " + topic + ".");
        }
        consumer.poll(POLL).forEach(record -> records.add(of(record)));
      }
    }
    records.sort(
        java.util.Comparator.comparingInt(Record::partition).thenComparingLong(Record::offset));
    return records;
  }

  /** A commit is answered before its markers are written: the end of all, not that of readers. */
  private static Map<TopicPartition, Long> ends(String bootstrap, List<TopicPartition> partitions) {
    Map<String, Object> properties =
        Map.of("bootstrap.servers", bootstrap, "isolation.level", "read_uncommitted");
    try (KafkaConsumer<byte[], byte[]> all =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      return all.endOffsets(partitions);
    }
  }

  private static Record of(ConsumerRecord<byte[], byte[]> record) {
    Map<String, String> headers = new TreeMap<>();
    record
        .headers()
        .forEach(
            header ->
                headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8)));
    return new Record(record.partition(), record.offset(), record.key(), record.value(), headers);
  }
}
