package io.tidemark.kafka.sink;

import io.tidemark.kafka.sink.Event.KeyChange;
import io.tidemark.kafka.sink.Topics.Topic;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;

/** One transaction of Kafka: sends records and knows where they went. */
final class Writing {
  private final KafkaProducer<byte[], byte[]> producer;
  private final String stateTopic;
  private final AtomicReference<Exception> failure = new AtomicReference<>();

  /** Next offset of each partition, by topic; only those that were written to. */
  private final Map<String, long[]> next;

  Writing(KafkaProducer<byte[], byte[]> producer, String stateTopic) {
    this(producer, stateTopic, new TreeMap<>());
  }

  /**
   * @param next what transactions before this one of the same commit have written to
   */
  Writing(KafkaProducer<byte[], byte[]> producer, String stateTopic, Map<String, long[]> next) {
    this.producer = producer;
    this.stateTopic = stateTopic;
    this.next = next;
  }

  /** Sends an event to its topic. */
  void event(Topic topic, Event event) {
    switch (event.route()) {
      case KEY -> send(topic, null, event);
      case FIRST -> send(topic, 0, event);
      case EVERY -> {
        // The producer counts them anew; rows go to no partition that it does not know.
        int partitions = producer.partitionsFor(topic.name()).size();
        for (int partition = 0; partition < partitions; partition++) {
          send(topic, partition, event);
        }
      }
    }
  }

  private void send(Topic topic, Integer partition, Event event) {
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(topic.name(), partition, event.key(), event.value());
    KeyChange headers = event.headers();
    if (headers.value() != null) {
      record.headers().add(headers.name(), headers.value());
    }
    send(record, topic.partitions());
  }

  /** Sends a record, to a topic of so many partitions. */
  void send(ProducerRecord<byte[], byte[]> record, int partitions) {
    synchronized (next) {
      next.computeIfAbsent(record.topic(), topic -> unwritten(partitions));
    }
    // settle() tells what failed
    Future<RecordMetadata> unused = producer.send(record, this::sent);
  }

  private static long[] unwritten(int partitions) {
    long[] none = new long[partitions];
    Arrays.fill(none, -1);
    return none;
  }

  /** Partitions may have been added since the topic was looked at. */
  private void sent(RecordMetadata sent, Exception e) {
    if (e != null) {
      failure.compareAndSet(null, e);
      return;
    }
    synchronized (next) {
      long[] offsets = next.get(sent.topic());
      if (sent.partition() >= offsets.length) {
        long[] more = unwritten(sent.partition() + 1);
        System.arraycopy(offsets, 0, more, 0, offsets.length);
        next.put(sent.topic(), more);
        offsets = more;
      }
      offsets[sent.partition()] = Math.max(offsets[sent.partition()], sent.offset() + 1);
    }
  }

  /** Sets a value of the state; null removes it. */
  void state(String key, byte[] value) {
    send(new ProducerRecord<>(stateTopic, 0, key.getBytes(StandardCharsets.UTF_8), value), 1);
  }

  /** Waits until the cluster has everything that was sent. */
  void settle() {
    producer.flush();
    Exception first = failure.get();
    if (first != null) {
      throw first instanceof KafkaException known ? known : new KafkaException(first);
    }
  }

  /** Next offsets of every topic that was written to, -1 for partitions that were not. */
  Map<String, long[]> nextOffsets() {
    return next;
  }
}
