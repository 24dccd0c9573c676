package io.tidemark.kafka.sink;

import io.tidemark.api.model.TableName;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Changes of tables that are being copied, aside in a topic of their own until the copy is whole.
 */
final class Waiting {
  private static final Duration POLL = Duration.ofMillis(100);

  private Waiting() {}

  static ProducerRecord<byte[], byte[]> record(String topic, Event event) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream((int) Math.min(1 << 20, event.bytes()));
    try {
      EventCodec.write(event, new DataOutputStream(bytes));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return new ProducerRecord<>(topic, 0, key(event.table()), bytes.toByteArray());
  }

  private static byte[] key(TableName table) {
    return table.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** Where the committed part of the topic ends. */
  static long end(KafkaConsumer<byte[], byte[]> consumer, String topic) {
    TopicPartition partition = new TopicPartition(topic, 0);
    return consumer.endOffsets(List.of(partition)).get(partition);
  }

  /** Adds what waits of a table, from an offset on, to a spool. */
  static void read(KafkaConsumer<byte[], byte[]> consumer, String topic, long from, Spool to)
      throws IOException {
    TopicPartition partition = new TopicPartition(topic, 0);
    byte[] key = key(to.table());
    consumer.assign(List.of(partition));
    consumer.seek(partition, from);
    long end = end(consumer, topic);
    while (consumer.position(partition) < end) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL).records(partition)) {
        if (Arrays.equals(record.key(), key)) {
          to.add(
              EventCodec.read(
                  to.table(), new DataInputStream(new ByteArrayInputStream(record.value()))));
        }
      }
    }
  }
}
