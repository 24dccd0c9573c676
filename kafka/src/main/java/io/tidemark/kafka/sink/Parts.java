package io.tidemark.kafka.sink;

import org.apache.kafka.clients.producer.KafkaProducer;
import org.slf4j.LoggerFactory;

/**
 * The transaction of a commit; or several, where it is larger than the limit and its owner has
 * asked for that. All but the last are without a tidemark, and the state says so.
 */
final class Parts {
  private static final byte[] NULL = ColumnForms.json("null");
  private static final byte[] NULL_AND_SCHEMA =
      ColumnForms.json("{\"schema\":null,\"payload\":null}");

  private final KafkaProducer<byte[], byte[]> producer;
  private final KafkaSinkConfig config;
  private final boolean large;
  private Writing writing;
  private long bytes;
  private int count = 1;

  /** The producer has begun the first transaction. */
  Parts(KafkaProducer<byte[], byte[]> producer, KafkaSinkConfig config, boolean large) {
    this.producer = producer;
    this.config = config;
    this.large = large;
    this.writing = new Writing(producer, config.names().state());
  }

  /** The transaction that is open. */
  Writing writing() {
    return writing;
  }

  boolean isSplit() {
    return count > 1;
  }

  /** Sends an event, in the next transaction if it does not fit into this one. */
  void send(Topics.Topic topic, Event event) {
    bytes += event.bytes();
    if (large && bytes > config.transactions().maxBytes()) {
      next();
      bytes = event.bytes();
    }
    writing.event(topic, keyed(topic, event));
  }

  /** A compacted topic takes no record without a key: TRUNCATE has JSON's null there. */
  private Event keyed(Topics.Topic topic, Event event) {
    boolean needsKey = topic.isCompacted() && event.route() == Event.Route.EVERY;
    return needsKey ? event.withKey(config.json().schemas() ? NULL_AND_SCHEMA : NULL) : event;
  }

  private void next() {
    if (count == 1) {
      LoggerFactory.getLogger(Parts.class)
          .warn(
              "A transaction is larger than transaction.max-size and is written to {} in parts.",
              config.place());
    }
    writing.state(StoredState.SPLIT, StoredState.fromJson(count));
    writing.settle();
    producer.commitTransaction();
    count++;
    producer.beginTransaction();
    writing = new Writing(producer, config.names().state(), writing.nextOffsets());
  }
}
