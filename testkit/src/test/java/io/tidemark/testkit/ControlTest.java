package io.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.source.SourceRequest;
import io.tidemark.engine.control.ControlClient;
import io.tidemark.engine.control.ControlServer;
import io.tidemark.engine.pipeline.NamedSink;
import io.tidemark.engine.pipeline.Pipeline;
import io.tidemark.engine.pipeline.PipelineConfig;
import io.tidemark.engine.telemetry.TelemetryServer;
import io.tidemark.testkit.ScriptedSource.Script;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ControlTest {
  private static final TableSchema ITEMS =
      Form.of("public.items").key("id", Form.BIGINT).column("name", Form.TEXT).schema();

  @TempDir Path folder;
  private final Script script = new Script();
  private final MemoryDestination copy = new MemoryDestination();

  private Pipeline pipeline() {
    return new Pipeline(
        PipelineConfig.of("bank", folder, Duration.ofHours(1)),
        () -> new ScriptedSource(script),
        List.of(),
        List.of(new NamedSink("lake", "memory", () -> new InMemorySink(copy))));
  }

  private static Thread start(Pipeline pipeline) {
    Thread thread =
        new Thread(
            () -> {
              try {
                pipeline.run();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    thread.start();
    return thread;
  }

  private ControlClient running() throws InterruptedException {
    ControlClient client = ControlClient.find(folder).orElseThrow();
    while (!client.status().state().equals("running") || client.status().tables().isEmpty()) {
      Thread.sleep(5);
    }
    return client;
  }

  @Test
  void aClientSeesAndSteersTheRunningPipeline() throws Exception {
    script.member(ITEMS);
    script.rows(Batches.of(ITEMS).at(100).insert(1L, "a").insert(2L, "b").batch()).boundary(110);
    Pipeline pipeline = pipeline();
    assertThat(ControlClient.find(folder)).isEmpty();
    try (ControlServer server = ControlServer.start(pipeline, folder)) {
      Thread run = start(pipeline);
      ControlClient client = running();
      assertThat(client.flush(Optional.of(new Lsn(110)), Duration.ofSeconds(20))).isEqualTo("0/6E");
      assertThat(client.status()).isEqualTo(pipeline.status());
      assertThat(client.status().tidemark()).isEqualTo("0/6E");
      assertThat(client.status().sinks().get(0).rowsWritten()).isEqualTo(2);
      assertThat(client.status().tables().get(0).name()).isEqualTo("public.items");
      assertThat(client.status().tables().get(0).rows()).isEqualTo(2);

      client.recopyTable("public.items");
      client.pauseTable("public.items");
      client.resumeTable("public.items");
      assertThat(script.requests())
          .contains(
              new SourceRequest.Recopy(ITEMS.name()),
              new SourceRequest.Pause(ITEMS.name()),
              new SourceRequest.Resume(ITEMS.name()));
      assertThatThrownBy(() -> client.recopyTable("public.item"))
          .isInstanceOf(TidemarkException.class)
          .hasMessage(
              "Cannot find table 'public.item' in pipeline bank. Did you mean 'public.items'?");

      client.pause();
      assertThat(client.status().state()).isEqualTo("paused");
      assertThatThrownBy(() -> client.flush(Optional.of(new Lsn(200)), Duration.ofMillis(50)))
          .hasMessageContaining("Cannot flush up to 0/C8 within 0 s: the pipeline is at 0/6E.");
      client.resume();
      assertThat(client.status().state()).isEqualTo("running");

      client.stop();
      run.join();
      assertThat(client.status().state()).isEqualTo("stopped");
    }
    assertThat(ControlClient.find(folder)).isEmpty();
    assertThat(folder.resolve("control.json")).doesNotExist();
  }

  @Test
  void aPipelineStaysWhereItIsAskedTo() throws Exception {
    script.member(ITEMS);
    script.rows(Batches.of(ITEMS).at(100).insert(1L, "a").batch()).boundary(110);
    Pipeline pipeline = pipeline();
    try (ControlServer server = ControlServer.start(pipeline, folder)) {
      Thread run = start(pipeline);
      ControlClient client = running();
      client.hold(Duration.ofSeconds(10));
      assertThat(script.requests()).contains(new SourceRequest.Hold(Duration.ofSeconds(10)));
      Duration patience = Duration.ofSeconds(20);
      assertThat(client.flushAndStay(new Lsn(110), patience, Duration.ofMinutes(5)))
          .isEqualTo("0/6E");
      script.rows(Batches.of(ITEMS).at(200).insert(2L, "b").batch()).boundary(210);
      assertThatThrownBy(() -> client.flush(Optional.of(new Lsn(210)), Duration.ofMillis(300)))
          .hasMessageContaining("the pipeline is at 0/6E");
      client.hold(Duration.ZERO);
      assertThat(client.flush(Optional.of(new Lsn(210)), patience)).isEqualTo("0/D2");
      client.flushAndStay(new Lsn(210), patience, Duration.ofMillis(50));
      script.boundary(310);
      assertThat(client.flush(Optional.of(new Lsn(310)), patience))
          .as("a stay ends by itself")
          .isEqualTo("0/136");
      client.stop();
      run.join();
    }
  }

  @Test
  void rowsThatMendACopyAreCommittedWhereThePipelineStays() throws Exception {
    script.member(ITEMS);
    script.rows(Batches.of(ITEMS).at(100).insert(1L, "a").insert(3L, "c").batch()).boundary(110);
    MemoryDestination other = new MemoryDestination();
    Pipeline pipeline =
        new Pipeline(
            PipelineConfig.of("bank", folder, Duration.ofHours(1)),
            () -> new ScriptedSource(script),
            List.of(),
            List.of(
                new NamedSink("lake", "memory", () -> new InMemorySink(copy)),
                new NamedSink("other", "memory", () -> new InMemorySink(other))));
    ChangeBatch rows =
        Batches.of(ITEMS)
            .at(109)
            .repairAway(3L)
            .repair(1L, "mended")
            .repair(2L, "was lost")
            .batch();
    Duration patience = Duration.ofSeconds(20);
    try (ControlServer server = ControlServer.start(pipeline, folder)) {
      Thread run = start(pipeline);
      ControlClient client = running();
      client.flushAndStay(new Lsn(110), patience, Duration.ofMinutes(5));
      ChangeBatch later = Batches.of(ITEMS).at(200).update(1L, "later").batch();
      script.rows(later).boundary(210);
      TableSchema next = Form.next(ITEMS).column("more", Form.TEXT).schema();
      ChangeBatch misplaced = Batches.of(ITEMS).at(110).repair(1L, "too late").batch();
      ChangeBatch ofAnotherForm = Batches.of(next).at(109).repair(1L, "a", "b").batch();
      assertThatThrownBy(() -> client.repair("lake", new Lsn(110), ofAnotherForm, patience))
          .hasMessageContaining("its form has changed");
      assertThatThrownBy(() -> client.repair("lake", new Lsn(110), misplaced, patience))
          .hasMessageContaining("does not lie just below 0/6E");
      assertThatThrownBy(() -> client.repair("none", new Lsn(110), rows, patience))
          .hasMessageContaining("no sink none");
      client.repair("lake", new Lsn(110), rows, patience);
      assertThat(client.status().tidemark()).isEqualTo("0/6E");
      assertThat(copy.rows(ITEMS.name())).hasSize(5);
      client.hold(Duration.ZERO);
      assertThat(client.flush(Optional.of(new Lsn(210)), patience)).isEqualTo("0/D2");
      assertThat(copy.rows(ITEMS.name()))
          .extracting(CommittedRow::lsn)
          .containsExactly(100L, 100L, 109L, 109L, 109L, 200L);
      assertThat(copy.rows(ITEMS.name()).subList(2, 5)).isEqualTo(CommittedRow.of(rows, ITEMS));
      assertThat(other.rows(ITEMS.name()))
          .extracting(CommittedRow::lsn)
          .containsExactly(100L, 100L, 200L);
      assertThatThrownBy(() -> client.repair("lake", new Lsn(110), rows, patience))
          .hasMessage(
              "Cannot repair public.items at 0/6E: the pipeline has gone on. Repair again.");
      client.stop();
      run.join();
    }
  }

  @Test
  void onlyItsUserMayAsk() throws Exception {
    Pipeline pipeline = pipeline();
    try (ControlServer server = ControlServer.start(pipeline, folder)) {
      assertThat(
              PosixFilePermissions.toString(
                  Files.getPosixFilePermissions(folder.resolve("control.json"))))
          .isEqualTo("rw-------");
      HttpClient http = HttpClient.newHttpClient();
      URI stop = URI.create("http://127.0.0.1:" + server.port() + "/stop");
      for (HttpRequest request :
          List.of(
              HttpRequest.newBuilder(stop).POST(HttpRequest.BodyPublishers.noBody()).build(),
              HttpRequest.newBuilder(stop)
                  .header("Authorization", "Bearer 00")
                  .POST(HttpRequest.BodyPublishers.noBody())
                  .build())) {
        HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).isEqualTo(401);
      }
      assertThat(pipeline.status().state()).isEqualTo("starting");
    }
  }

  @Test
  void metricsAndHealthAreServed() throws Exception {
    script.member(ITEMS).rows(Batches.of(ITEMS).at(100).insert(1L, "a").batch()).boundary(110);
    Pipeline pipeline = pipeline();
    try (ControlServer server = ControlServer.start(pipeline, folder);
        TelemetryServer telemetry =
            TelemetryServer.start(pipeline, new PipelineConfig.Metrics("127.0.0.1", 0))) {
      Thread run = start(pipeline);
      running().flush(Optional.of(new Lsn(110)), Duration.ofSeconds(20));
      System.gc(); // what only the registry knows is gone now
      String metrics = get(telemetry, "/metrics").body();
      for (String line :
          Files.readAllLines(Path.of("..", "docs", "reference", "metrics.md")).stream()
              .filter(line -> line.startsWith("| `"))
              .toList()) {
        assertThat(metrics).contains("\n" + line.substring(3, line.indexOf('`', 3)) + "{");
      }
      assertThat(metrics)
          .contains("tidemark_sink_rows_written_total{pipeline=\"bank\",sink=\"lake\"} 1.0")
          .contains("tidemark_tables_members{pipeline=\"bank\"} 1.0")
          .contains("jvm_memory_used_bytes{");
      assertThat(get(telemetry, "/health").body()).contains("\"status\":\"ok\"");
      assertThatThrownBy(
              () ->
                  TelemetryServer.start(
                      pipeline, new PipelineConfig.Metrics("127.0.0.1", telemetry.port())))
          .isInstanceOf(TidemarkException.class)
          .hasMessageStartingWith("Cannot open the metrics endpoint at 127.0.0.1:");
      pipeline.stop();
      run.join();
    }
  }

  private static HttpResponse<String> get(TelemetryServer server, String path) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path)).build(),
            HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void aDataFolderIsForOnePipeline() throws Exception {
    Pipeline first = pipeline();
    script.member(ITEMS).boundary(110);
    try (ControlServer server = ControlServer.start(first, folder)) {
      Thread run = start(first);
      running();
      assertThatThrownBy(() -> pipeline().run())
          .isInstanceOf(TidemarkException.class)
          .hasMessage(
              "Cannot use data folder "
                  + folder
                  + ": another pipeline runs with it. Stop that one, or choose another with"
                  + " data-dir.");
      first.stop();
      run.join();
    }
  }
}
