package io.tidemark.kafka.sink;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.Capabilities;
import io.tidemark.api.sink.Commit;
import io.tidemark.api.sink.Sink;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.SinkState;
import io.tidemark.api.sink.Staged;
import io.tidemark.kafka.sink.Topics.Topic;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.KafkaException;

/**
 * Writes changes to Kafka as Debezium does. Rows become events as they are staged and wait on this
 * machine; a commit is one transaction of Kafka with the events, the state and the tidemark. So
 * consumers that read what is committed see whole source transactions, once.
 */
public final class KafkaSink implements Sink {
  private static final long MEMORY_BYTES = 64L << 20;

  private final KafkaSinkConfig config;
  private final TopicNames names;
  private final EventFormat format;
  private final Clients clients;

  /** Who this is, also when it is opened again. */
  private final String writer = UUID.randomUUID().toString();

  private final Map<TableName, TableEvents> forms = new HashMap<>();
  private final Map<TableName, Topic> topicOf = new HashMap<>();

  /** Events by table: those since the last seal, and those sealed and not committed. */
  private final Map<TableName, Spool> staged = new TreeMap<>();

  private final TransactionOrders orders = new TransactionOrders();
  private final Map<TableName, Long> stagedRows = new TreeMap<>();
  private final Spool.Room room;
  private Topics topics;
  private Writer kafka;

  /**
   * @param config what was asked for
   */
  public KafkaSink(KafkaSinkConfig config) {
    this.config = config;
    this.names = config.names();
    this.clients = new Clients(config);
    this.room = new Spool.Room(config.tempFolder(), MEMORY_BYTES);
    String version = KafkaSink.class.getPackage().getImplementationVersion();
    this.format =
        new EventFormat(
            names,
            config.values(),
            config.json().schemas(),
            config.json().tombstones(),
            config.json().truncates(),
            "tidemark-" + (version == null ? "dev" : version));
  }

  @Override
  public Capabilities capabilities() {
    return new Capabilities(false, false, true);
  }

  @Override
  public SinkState open() throws SinkException {
    return open(OptionalLong.empty());
  }

  @Override
  public SinkState reopen(long held) throws SinkException {
    return open(OptionalLong.of(held));
  }

  private SinkState open(OptionalLong held) throws SinkException {
    close();
    forms.clear();
    topicOf.clear();
    try {
      topics = new Topics(clients, config);
      topics.own(names.state(), "compact");
      topics.own(names.waiting(), "delete");
      if (config.json().metadata()) {
        topics.data(names.transactions());
      }
      if (!config.heartbeat().isZero()) {
        topics.data(names.heartbeats());
      }
      kafka = new Writer(config, clients, topics, writer);
      return kafka.claim(held);
    } catch (SinkException.Fenced | TidemarkException e) {
      close();
      throw e;
    } catch (ExecutionException | KafkaException e) {
      close();
      throw Failures.of("open the copy in " + config.place(), e);
    } catch (InterruptedException e) {
      close();
      throw interrupted(e);
    }
  }

  private SinkException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new SinkException.Retryable("Cannot reach " + config.place() + ": interrupted.", e);
  }

  @Override
  public void prepare(TableSchema schema) throws SinkException {
    TableName table = schema.name();
    try {
      Topic topic = topics.data(names.topic(table));
      if (topic.isCompacted() && schema.key().isEmpty()) {
        throw new SinkException.Rejected(
            table,
            "Cannot write %s to %s: the table has no key, and the topic's cleanup.policy is %s, which takes no record without one. Give the table a primary key or set cleanup.policy of the topic to delete."
                .formatted(table, topic.name(), topic.policy()),
            null);
      }
      topicOf.put(table, topic);
      forms.put(table, new TableEvents(schema, format));
    } catch (ExecutionException | KafkaException e) {
      throw Failures.of("make the topic " + names.topic(table), e);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  @Override
  public void stage(ChangeBatch batch) throws SinkException {
    TableName table = batch.table();
    TableEvents form = forms.get(table);
    List<Event> events = new ArrayList<>(batch.size());
    try {
      form.write(batch, config.json().metadata() ? orders : null, events::add);
    } catch (TableEvents.UnfitRow e) {
      throw new SinkException.Rejected(
          table,
          "Cannot write a row of "
              + table
              + " to "
              + names.topic(table)
              + ": "
              + e.getMessage()
              + ".",
          e);
    }
    requireShort(table, events);
    try {
      Spool spool = staged.computeIfAbsent(table, name -> new Spool(name, room));
      for (Event event : events) {
        spool.add(event);
      }
    } catch (IOException e) {
      throw localDisk(e);
    }
    stagedRows.merge(table, (long) batch.size(), Long::sum);
  }

  /** Kafka counts some bytes of its own to a record. */
  private void requireShort(TableName table, List<Event> events) throws SinkException.Rejected {
    long longest = Math.min(config.maxRequestBytes(), topicOf.get(table).maxBytes());
    for (Event event : events) {
      if (event.bytes() > longest) {
        throw new SinkException.Rejected(
            table,
            "Cannot write a row of %s to %s: its record has %d bytes, the limit is %d. Raise max.request.size, and max.message.bytes of the topic."
                .formatted(table, names.topic(table), event.bytes(), longest),
            null);
      }
    }
  }

  private TidemarkException localDisk(IOException e) {
    return new TidemarkException(
        ErrorCode.LOCAL_DISK,
        "Cannot keep events in "
            + config.tempFolder()
            + ": "
            + e.getMessage()
            + ". Look for space and rights there, then start again.",
        e);
  }

  @Override
  public List<Staged> seal(Position upTo) {
    List<Staged> pieces =
        stagedRows.entrySet().stream()
            .map(table -> new Staged(table.getKey(), table.getValue(), 0, writer))
            .toList();
    stagedRows.clear();
    return pieces;
  }

  @Override
  public void commit(Commit commit) throws SinkException {
    try {
      kafka.commit(commit, new Writer.Work(staged, topicOf, orders));
    } catch (IOException e) {
      throw localDisk(e);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
    forget();
  }

  private void forget() {
    for (Spool spool : staged.values()) {
      try {
        spool.close();
      } catch (IOException e) {
        org.slf4j.LoggerFactory.getLogger(KafkaSink.class)
            .warn("A file of {} was left behind: {}", config.tempFolder(), e.getMessage());
      }
    }
    staged.clear();
    orders.clear();
  }

  @Override
  public void close() {
    forget();
    stagedRows.clear();
    if (kafka != null) {
      kafka.close();
      kafka = null;
    }
    if (topics != null) {
      topics.close();
      topics = null;
    }
  }
}
