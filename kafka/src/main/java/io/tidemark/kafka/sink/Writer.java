package io.tidemark.kafka.sink;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.TableName;
import io.tidemark.api.sink.Commit;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.SinkState;
import io.tidemark.kafka.sink.Topics.Topic;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one writer of a copy: claims it, and makes each commit one transaction of Kafka. The epoch in
 * the state topic says whose the copy is; the fencing of producers with the same {@code
 * transactional.id} sees to it that nobody else's transaction commits.
 */
final class Writer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Writer.class);

  /**
   * What a commit has to write.
   *
   * @param spools events by table
   * @param topics of the tables
   * @param orders what transactions came to
   */
  record Work(
      Map<TableName, Spool> spools, Map<TableName, Topic> topics, TransactionOrders orders) {
    long bytes() {
      return spools.values().stream().mapToLong(Spool::bytes).sum();
    }
  }

  private final KafkaSinkConfig config;
  private final Clients clients;
  private final Topics topics;
  private final String writer;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Notices notices;
  private KafkaProducer<byte[], byte[]> producer;
  private Written written;

  Writer(KafkaSinkConfig config, Clients clients, Topics topics, String writer) {
    this.config = config;
    this.clients = clients;
    this.topics = topics;
    this.writer = writer;
    this.consumer = clients.consumer();
    this.notices = new Notices(config);
  }

  private StoredState stored() {
    return StoredState.read(consumer, config.names().state());
  }

  /**
   * Takes the writing.
   *
   * @param held only if this epoch is still the last
   */
  SinkState claim(OptionalLong held) throws SinkException.Fenced {
    StoredState last = stored();
    if (held.isPresent()) {
      requireLast(held.getAsLong(), last);
    }
    last.transactionalId()
        .filter(id -> !id.equals(config.transactionalId()))
        .ifPresent(clients::fence);
    producer = clients.producer();
    // Ends what a writer before us left open, and its right to write.
    producer.initTransactions();
    StoredState state = stored();
    if (held.isPresent()) {
      requireLast(held.getAsLong(), state);
    }
    written = Written.of(state);
    if (state.isSplit()) {
      LOG.warn(
          "A transaction was being written to {} in parts when its writer ended: rows that were"
              + " written come again.",
          config.place());
    }
    producer.beginTransaction();
    Writing claim = new Writing(producer, config.names().state());
    claim.state(
        StoredState.EPOCH,
        StoredState.epochJson(written.epoch(), writer, config.transactionalId()));
    claim.settle();
    producer.commitTransaction();
    return new SinkState(written.epoch(), state.tidemark(), state.entries());
  }

  /** A later claim of this very writer counts too: its answer may have been lost. */
  private void requireLast(long epoch, StoredState state) throws SinkException.Fenced {
    if (state.epoch() != epoch && !state.writer().equals(writer)) {
      throw new SinkException.Fenced(
          "Cannot write to "
              + config.place()
              + ": another process has taken the writing over (epoch "
              + state.epoch()
              + "). Stop one of the two, or give each a topic.prefix of its own.");
    }
  }

  /**
   * Writes all of it, state and tidemark last, by one transaction.
   *
   * @throws IOException when a file of this machine cannot be read
   */
  void commit(Commit commit, Work work) throws SinkException, IOException, InterruptedException {
    boolean large = work.bytes() > config.transactions().maxBytes();
    if (large && config.transactions().onLarge() == KafkaSinkConfig.OnLarge.STOP) {
      throw tooLarge(work.bytes());
    }
    boolean sent = false;
    try {
      producer.beginTransaction();
      Flush flush =
          new Flush(config, topics, consumer, written, new Parts(producer, config, large));
      flush.tables(commit, work);
      notices.write(flush.writing(), work.orders());
      Written next = flush.state(commit);
      flush.writing().settle();
      sent = true;
      producer.commitTransaction();
      written = next;
      notices.written();
      if (flush.emptied()) {
        forgetWaiting();
      }
    } catch (KafkaException | ExecutionException e) {
      throw failed(e, sent);
    } catch (IOException | RuntimeException e) {
      abort();
      throw e;
    }
  }

  /** Nothing reads these records any more, so it does not matter when they go. */
  private void forgetWaiting() throws InterruptedException {
    String topic = config.names().waiting();
    try {
      topics.forget(topic, Waiting.end(consumer, topic));
    } catch (KafkaException | ExecutionException e) {
      LOG.warn("Records of {} that nobody needs are still there: {}", topic, Failures.words(e));
    }
  }

  private TidemarkException tooLarge(long bytes) {
    return new TidemarkException(
        ErrorCode.LIMIT_EXCEEDED,
        "Cannot write a transaction of %d bytes to %s: transaction.max-size is %d. Raise it, with transaction.timeout, as far as the brokers' transaction.max.timeout.ms lets; or set transaction.on-large to split, where a death in between writes rows twice."
            .formatted(bytes, config.place(), config.transactions().maxBytes()));
  }

  private SinkException failed(Exception e, boolean sent) throws SinkException.Fenced {
    Throwable cause = Failures.cause(e);
    boolean lostProducer =
        cause instanceof ProducerFencedException || cause instanceof InvalidProducerEpochException;
    if (lostProducer) {
      requireLast(written.epoch(), stored());
    }
    if (sent || lostProducer || !abort()) {
      return new SinkException.OutcomeUnknown(
          "Cannot tell whether " + config.place() + " was written: " + Failures.words(e) + ".", e);
    }
    return Failures.of("write to " + config.place(), e);
  }

  /** Whether nothing of the transaction will be seen. */
  private boolean abort() {
    try {
      producer.abortTransaction();
      return true;
    } catch (KafkaException | IllegalStateException e) {
      LOG.debug("The transaction could not be aborted.", e);
      return false;
    }
  }

  @Override
  public void close() {
    consumer.close(org.apache.kafka.clients.consumer.CloseOptions.timeout(Duration.ZERO));
    if (producer != null) {
      producer.close(Duration.ZERO);
    }
  }
}
