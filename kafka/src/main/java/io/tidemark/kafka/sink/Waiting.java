package io.tidemark.kafka.sink;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
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
import org.apache.kafka.common.errors.TimeoutException;

/**
 * Changes of tables that are being copied, aside in a topic of their own until the copy is whole.
 */
final class Waiting {
  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration STALLED = Duration.ofSeconds(60);

  private Waiting() {}

  private static void requireKept(
      KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition, long from, Spool to) {
    long first = consumer.beginningOffsets(List.of(partition)).get(partition);
    if (first > from) {
      throw new TidemarkException(
          ErrorCode.DESTINATION_CHANGED,
          "Cannot write changes of %s that waited for its copy: they begin at offset %d of %s, and the cluster has deleted all below %d. Copy the table again."
              .formatted(to.table(), from, partition.topic(), first));
    }
  }

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

  /**
   * Adds what waits of a table, from an offset on, to a spool. The end that readers are told may
   * still stand before the last commit, whose markers come after it: what was committed is awaited.
   *
   * @param known the offset after the last change that is known to wait
   */
  static void read(
      KafkaConsumer<byte[], byte[]> consumer, String topic, long from, long known, Spool to)
      throws IOException {
    TopicPartition partition = new TopicPartition(topic, 0);
    byte[] key = key(to.table());
    consumer.assign(List.of(partition));
    requireKept(consumer, partition, from, to);
    consumer.seek(partition, from);
    long end = Math.max(known, end(consumer, topic));
    long seen = from;
    long stalled = System.nanoTime() + STALLED.toNanos();
    while (consumer.position(partition) < end) {
      if (consumer.position(partition) > seen) {
        seen = consumer.position(partition);
        stalled = System.nanoTime() + STALLED.toNanos();
      } else if (System.nanoTime() - stalled > 0) {
        throw new TimeoutException(
            "the changes that wait in %s were read to offset %d and not to %d; a transaction that is open there holds readers back"
                .formatted(topic, seen, end));
      }
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
