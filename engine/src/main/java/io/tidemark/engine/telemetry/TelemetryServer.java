package io.tidemark.engine.telemetry;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.engine.pipeline.Pipeline;
import io.tidemark.engine.pipeline.PipelineConfig;
import io.tidemark.engine.pipeline.PipelineStatus;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Serves a pipeline's metrics and health over HTTP: {@code GET /metrics} in Prometheus' text form,
 * {@code GET /health} with 200 or 503. Nothing secret is in either, so no token is asked for.
 */
public final class TelemetryServer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration LOOK = Duration.ofSeconds(5);

  private final HttpServer server;
  private final ScheduledExecutorService thread;
  private final PrometheusMeterRegistry registry;
  private final JvmGcMetrics gc = new JvmGcMetrics();
  private final HealthWatch health;

  /** Held here because the registry holds what it reads weakly. */
  private final Supplier<PipelineStatus> status;

  private TelemetryServer(Pipeline pipeline, HttpServer server) {
    this.server = server;
    this.registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    this.health = new HealthWatch(patience(pipeline.config().flush()));
    this.thread =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread daemon = new Thread(task, "telemetry");
              daemon.setDaemon(true);
              return daemon;
            });
    this.status = pipeline::status;
    Metrics.bind(registry, status);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    gc.bindTo(registry);
  }

  /** Long enough for what a flush interval alone makes stand still. */
  private static Duration patience(PipelineConfig.Flush flush) {
    Duration three = flush.interval().multipliedBy(3);
    return three.compareTo(PATIENCE) > 0 ? three : PATIENCE;
  }

  /**
   * Opens the endpoint of a pipeline, at the address that its configuration says.
   *
   * @throws TidemarkException BUSY when the port is taken
   */
  public static TelemetryServer start(Pipeline pipeline, PipelineConfig.Metrics address) {
    try {
      HttpServer http = HttpServer.create(new InetSocketAddress(address.host(), address.port()), 0);
      TelemetryServer telemetry = new TelemetryServer(pipeline, http);
      http.setExecutor(telemetry.thread);
      http.createContext("/metrics", telemetry::metrics);
      http.createContext("/health", telemetry::health);
      telemetry.thread.scheduleAtFixedRate(
          () -> telemetry.health.look(pipeline.status(), System.nanoTime()),
          0,
          LOOK.toMillis(),
          TimeUnit.MILLISECONDS);
      http.start();
      return telemetry;
    } catch (IOException | IllegalArgumentException e) {
      throw new TidemarkException(
          ErrorCode.BUSY,
          "Cannot open the metrics endpoint at "
              + address.host()
              + ":"
              + address.port()
              + ": "
              + e.getMessage()
              + ". Choose another metrics.port.",
          e);
    }
  }

  /** The port it listens on. */
  public int port() {
    return server.getAddress().getPort();
  }

  private void metrics(HttpExchange exchange) throws IOException {
    answer(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", registry.scrape());
  }

  /** What the health endpoint says. */
  private record Health(String status, List<String> reasons) {}

  private void health(HttpExchange exchange) throws IOException {
    List<String> reasons = health.reasons();
    String status = reasons.isEmpty() ? "ok" : "red";
    String body = JSON.writeValueAsString(new Health(status, reasons));
    answer(exchange, reasons.isEmpty() ? 200 : 503, "application/json", body);
  }

  private static void answer(HttpExchange exchange, int status, String type, String body)
      throws IOException {
    try (exchange) {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", type);
      exchange.sendResponseHeaders(status, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    thread.shutdownNow();
    gc.close();
    registry.close();
  }
}
