package io.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.Capabilities;
import io.tidemark.api.sink.Commit;
import io.tidemark.api.sink.Sink;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.SinkState;
import io.tidemark.api.sink.Staged;
import io.tidemark.api.source.SourceEvent;
import io.tidemark.engine.pipeline.NamedSink;
import io.tidemark.engine.pipeline.Pipeline;
import io.tidemark.engine.pipeline.PipelineConfig;
import io.tidemark.engine.state.StateCodec;
import io.tidemark.testkit.ScriptedSource.Script;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a source says of tables beyond their forms reaches sinks in time, and is kept. */
class DefinitionsTest {
  private static final TableSchema ITEMS =
      Form.of("public.items").key("id", Form.BIGINT).column("name", Form.TEXT).schema();

  @TempDir Path folder;
  private final Script script = new Script();

  /** Runs a pipeline up to a position; sinks write down what they are told. */
  private void run(long upTo, Map<MemoryDestination, List<String>> copies) throws Exception {
    List<NamedSink> sinks = new ArrayList<>();
    copies.forEach(
        (copy, told) ->
            sinks.add(
                new NamedSink(
                    "sink" + System.identityHashCode(copy),
                    "memory",
                    () -> new Noting(new InMemorySink(copy), told))));
    Pipeline pipeline =
        new Pipeline(
            PipelineConfig.of("test", folder, Duration.ofHours(1)),
            () -> new ScriptedSource(script),
            List.of(
                TransformsTest.make("rename", Map.of("table", "public.items", "to", "shop.goods"))),
            sinks);
    CompletableFuture<Void> run =
        CompletableFuture.runAsync(
            () -> {
              try {
                pipeline.run();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    flush(pipeline, upTo);
    pipeline.stop();
    run.get(60, TimeUnit.SECONDS);
  }

  private static void flush(Pipeline pipeline, long lsn) throws Exception {
    while (true) {
      try {
        pipeline.flush(Optional.of(new Lsn(lsn))).get(60, TimeUnit.SECONDS);
        return;
      } catch (TidemarkException e) {
        Thread.sleep(5); // it is still opening
      }
    }
  }

  private static ChangeBatch insert(long at, long id) {
    return Batches.of(ITEMS).at(at).insert(id, "a").batch();
  }

  private void says(String definition) {
    script.say(new SourceEvent.Definition(ITEMS.name(), definition));
  }

  @Test
  void aSinkIsToldBeforeItPreparesAndAgainAfterAStart() throws Exception {
    MemoryDestination copy = new MemoryDestination();
    says("one");
    script.member(ITEMS).rows(insert(100, 1)).boundary(110);
    List<String> told = new ArrayList<>();
    run(110, Map.of(copy, told));
    assertThat(told).containsExactly("shop.goods one", "prepare");
    assertThat(StateCodec.decode(copy.entries()).definitions())
        .isEqualTo(Map.of(ITEMS.name(), "one"));

    script.rows(insert(200, 2));
    says("two");
    script.boundary(210);
    told.clear();
    run(210, Map.of(copy, told));
    assertThat(script.openings().get(1).definitions()).isEqualTo(Map.of(ITEMS.name(), "one"));
    assertThat(told).containsExactly("shop.goods one", "prepare", "shop.goods two");
  }

  @Test
  void aSinkThatIsAheadIsNotToldWhatItLeftBehind() throws Exception {
    MemoryDestination ahead = new MemoryDestination();
    MemoryDestination behind = new MemoryDestination();
    says("one");
    script.member(ITEMS).rows(insert(100, 1)).boundary(110);
    run(110, Map.of(ahead, new ArrayList<>(), behind, new ArrayList<>()));
    says("two");
    script.rows(insert(200, 2)).boundary(210);
    run(210, Map.of(ahead, new ArrayList<>()));

    script.rows(insert(300, 3)).boundary(310);
    List<String> first = new ArrayList<>();
    List<String> second = new ArrayList<>();
    run(310, Map.of(ahead, first, behind, second));
    assertThat(first).containsExactly("shop.goods two", "prepare");
    assertThat(second).containsExactly("shop.goods one", "shop.goods two", "prepare");
  }

  /** Writes down what a sink is told. */
  private record Noting(Sink sink, List<String> told) implements Sink {
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
    public void describe(TableName table, String definition) {
      told.add(table + " " + definition);
    }

    @Override
    public void prepare(TableSchema schema) throws SinkException {
      told.add("prepare");
      sink.prepare(schema);
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
