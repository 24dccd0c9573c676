package io.tidemark.kafka.sink;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Makes clients of a cluster; the user's properties (TLS, SASL) go to all of them. */
final class Clients {
  private static final int BATCH_BYTES = 256 << 10;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final KafkaSinkConfig config;

  Clients(KafkaSinkConfig config) {
    this.config = config;
  }

  private Map<String, Object> properties() {
    Map<String, Object> all = new HashMap<>(config.properties());
    all.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, config.bootstrap());
    all.putIfAbsent(AdminClientConfig.CLIENT_ID_CONFIG, "tidemark-" + config.prefix());
    return all;
  }

  /** For topics. */
  Admin admin() {
    Map<String, Object> all = properties();
    all.putIfAbsent(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) PATIENCE.toMillis());
    all.putIfAbsent(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) PATIENCE.toMillis() / 2);
    return Admin.create(all);
  }

  /** Ends what a writer with another {@code transactional.id} left open, and its right to write. */
  void fence(String transactionalId) {
    try (KafkaProducer<byte[], byte[]> other = producer(transactionalId)) {
      other.initTransactions();
    }
  }

  /** The one writer. */
  KafkaProducer<byte[], byte[]> producer() {
    return producer(config.transactionalId());
  }

  private KafkaProducer<byte[], byte[]> producer(String transactionalId) {
    Map<String, Object> all = properties();
    all.putIfAbsent(ProducerConfig.COMPRESSION_TYPE_CONFIG, config.compression());
    all.putIfAbsent(ProducerConfig.LINGER_MS_CONFIG, 5);
    all.putIfAbsent(ProducerConfig.BATCH_SIZE_CONFIG, BATCH_BYTES);
    all.putIfAbsent(ProducerConfig.MAX_BLOCK_MS_CONFIG, PATIENCE.toMillis());
    all.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, (int) config.maxRequestBytes());
    all.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
    all.put(
        ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, (int) config.transactionTimeout().toMillis());
    all.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    all.put(ProducerConfig.ACKS_CONFIG, "all");
    return new KafkaProducer<>(all, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /** Reads what is committed, in no group. */
  KafkaConsumer<byte[], byte[]> consumer() {
    Map<String, Object> all = properties();
    all.putIfAbsent(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 50);
    all.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    all.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    all.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    all.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    all.putIfAbsent(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) PATIENCE.toMillis());
    return new KafkaConsumer<>(all, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }
}
