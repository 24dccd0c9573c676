package io.tidemark.kafka.sink;

import io.tidemark.api.config.Settings;
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
import io.tidemark.kafka.KafkaBroker;
import io.tidemark.testkit.CommittedRow;
import io.tidemark.testkit.CurrentRow;
import io.tidemark.testkit.SinkFixture;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** Topics of a broker under a prefix of their own, and every sink that was made for them. */
final class KafkaFixture implements SinkFixture {
  private static final AtomicInteger PREFIXES = new AtomicInteger();

  private final String bootstrap;
  private final KafkaSinkConfig config;
  private final Map<String, Object> nodes;
  private final List<Sink> sinks = new ArrayList<>();
  private final Map<TableName, TableSchema> forms = new HashMap<>();

  KafkaFixture(Map<String, Object> more) throws Exception {
    bootstrap = KafkaBroker.shared().bootstrap();
    nodes = new HashMap<>(more);
    nodes.put("bootstrap.servers", bootstrap);
    nodes.put("topic.prefix", "t" + PREFIXES.incrementAndGet());
    config = config("bank", nodes);
  }

  static KafkaSinkConfig config(String database, Map<String, Object> nodes) {
    List<String> problems = new ArrayList<>();
    Settings settings = Settings.read(KafkaSinkConfig.SPEC, nodes, "sink", problems);
    KafkaSinkConfig config = KafkaSinkConfig.from(settings, database, "sink", problems);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(problems.toString());
    }
    return config;
  }

  KafkaSinkConfig config() {
    return config;
  }

  /** The same configuration with another value of a text option. */
  KafkaSinkConfig with(String option) {
    Map<String, Object> other = new HashMap<>(nodes);
    other.put(option, config.prefix() + ".other");
    return config("bank", other);
  }

  @Override
  public Sink newSink() {
    return newSink(config);
  }

  /** A sink of the same destination, configured otherwise. */
  Sink newSink(KafkaSinkConfig config) {
    Sink sink = new Knowing(new KafkaSink(config), forms);
    sinks.add(sink);
    return sink;
  }

  /** All committed records of a topic. */
  List<Topic.Record> topic(String name) {
    return Topic.read(bootstrap, name);
  }

  /** All committed records of a table. */
  List<Topic.Record> records(TableName table) {
    return topic(config.names().topic(table));
  }

  @Override
  public Optional<List<CommittedRow>> history(TableName table) {
    return Optional.empty();
  }

  @Override
  public Optional<List<CurrentRow>> current(TableName table) {
    TableSchema form = forms.get(table);
    try {
      return Optional.of(form == null ? List.of() : TopicRows.of(form, records(table)));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    sinks.forEach(Sink::close);
  }

  /** A sink that remembers the forms it was prepared for, so that rows can be read back. */
  private record Knowing(Sink sink, Map<TableName, TableSchema> forms) implements Sink {
    @Override
    public Capabilities capabilities() {
      return sink.capabilities();
    }

    @Override
    public SinkState open() throws SinkException {
      return sink.open();
    }

    @Override
    public SinkState reopen(long held) throws SinkException {
      return sink.reopen(held);
    }

    @Override
    public void prepare(TableSchema schema) throws SinkException {
      sink.prepare(schema);
      forms.put(schema.name(), schema);
    }

    @Override
    public void stage(ChangeBatch batch) throws SinkException {
      sink.stage(batch);
    }

    @Override
    public List<Staged> seal(Position upTo) throws SinkException {
      return sink.seal(upTo);
    }

    @Override
    public void commit(Commit commit) throws SinkException {
      sink.commit(commit);
    }

    @Override
    public void close() {
      sink.close();
    }
  }
}
