package io.tidemark.engine.control;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.tidemark.api.config.OptionType;
import io.tidemark.api.config.Suggestion;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.source.SourceRequest;
import io.tidemark.engine.pipeline.Pipeline;
import io.tidemark.engine.pipeline.PipelineStatus;
import io.tidemark.engine.pipeline.Repair;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control endpoint of a running pipeline: HTTP on the loopback address, at a random port, with
 * a token that only the pipeline's user can read. {@link ControlClient} speaks to it.
 *
 * <p>{@code GET /status}; {@code POST /flush?position=16/B374D848&timeout=30s&stay=10s}, {@code
 * /hold?longest=10s}, {@code
 * /repair?sink=lake&table=public.accounts&version=3&position=16/B374D848} with the rows as body,
 * {@code /pause}, {@code /resume}, {@code /stop}, {@code /tables/recopy?table=public.accounts},
 * {@code /tables/pause}, {@code /tables/resume}; {@code GET /letters}, {@code POST
 * /letters/replay?table=public.accounts}, {@code /letters/discard}, {@code
 * /letters/edit?table=public.accounts&place=16/B374D848-3&sink=lake} with the values as body.
 * Answers are JSON; a failure is {@code {"code", "error"}}.
 */
public final class ControlServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int THREADS = 8;
  private static final int LONGEST_BODY = 128 << 20;

  private final Pipeline pipeline;
  private final Path dataDir;
  private final HttpServer server;
  private final ExecutorService threads;
  private final ControlFile file;

  private ControlServer(Pipeline pipeline, Path dataDir, HttpServer server) {
    this.pipeline = pipeline;
    this.dataDir = dataDir;
    this.server = server;
    this.threads =
        Executors.newFixedThreadPool(
            THREADS,
            task -> {
              Thread thread = new Thread(task, "control");
              thread.setDaemon(true);
              return thread;
            });
    byte[] token = new byte[24];
    new SecureRandom().nextBytes(token);
    this.file =
        new ControlFile(
            server.getAddress().getPort(),
            HexFormat.of().formatHex(token),
            ProcessHandle.current().pid());
  }

  /** Opens the endpoint of a pipeline and writes its address into the data folder. */
  public static ControlServer start(Pipeline pipeline, Path dataDir) {
    try {
      InetSocketAddress address = new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0);
      ControlServer control = new ControlServer(pipeline, dataDir, HttpServer.create(address, 0));
      control.server.setExecutor(control.threads);
      control.route("GET", "/status", query -> pipeline.status());
      control.route("POST", "/flush", control::flush);
      control.action("/hold", query -> pipeline.hold(duration(query, "longest", "0s")));
      control.route("POST", "/repair", control::repair);
      control.action("/pause", query -> pipeline.pause());
      control.action("/resume", query -> pipeline.resume());
      control.action("/stop", query -> pipeline.stop());
      control.route("GET", "/letters", query -> control.letters());
      control.action("/letters/replay", query -> pipeline.replayLetters(control.table(query)));
      control.action("/letters/discard", query -> pipeline.discardLetters(control.table(query)));
      control.route("POST", "/letters/edit", control::editLetter);
      control.action("/tables/recopy", query -> control.ask(query, SourceRequest.Recopy::new));
      control.action("/tables/pause", query -> control.ask(query, SourceRequest.Pause::new));
      control.action("/tables/resume", query -> control.ask(query, SourceRequest.Resume::new));
      control.server.start();
      control.file.write(dataDir);
      return control;
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cannot open the control endpoint in " + dataDir + ": " + e.getMessage() + ".", e);
    }
  }

  private interface Action {
    void run(Map<String, String> query);
  }

  private void action(String path, Action action) {
    route(
        "POST",
        path,
        query -> {
          action.run(query);
          return Map.of("ok", true);
        });
  }

  private void route(String method, String path, Function<Map<String, String>, Object> handler) {
    route(method, path, (query, body) -> handler.apply(query));
  }

  private interface Handler {
    Object answer(Map<String, String> query, InputStream body) throws IOException;
  }

  private void route(String method, String path, Handler handler) {
    server.createContext(
        path,
        exchange -> {
          try (exchange) {
            if (!exchange.getRequestURI().getPath().equals(path)) {
              answer(exchange, 404, failure(ErrorCode.USAGE, "Cannot find this path."));
            } else if (!exchange.getRequestMethod().equals(method)) {
              answer(
                  exchange, 405, failure(ErrorCode.USAGE, "Cannot do this: use " + method + "."));
            } else if (!isAllowed(exchange)) {
              answer(
                  exchange, 401, failure(ErrorCode.USAGE, "Cannot do this: the token is wrong."));
            } else {
              handle(exchange, handler);
            }
          }
        });
  }

  private void handle(HttpExchange exchange, Handler handler) throws IOException {
    try {
      answer(exchange, 200, handler.answer(query(exchange), exchange.getRequestBody()));
    } catch (TidemarkException e) {
      answer(exchange, e.code() == ErrorCode.BUSY ? 503 : 400, failure(e.code(), e.getMessage()));
    } catch (IllegalArgumentException e) {
      answer(exchange, 400, failure(ErrorCode.USAGE, e.getMessage()));
    } catch (RuntimeException e) {
      LOG.warn("A request to the control endpoint failed.", e);
      answer(exchange, 500, failure(ErrorCode.INTERNAL, String.valueOf(e.getMessage())));
    }
  }

  private static Map<String, String> failure(ErrorCode code, String message) {
    return Map.of("code", code.name(), "error", String.valueOf(message));
  }

  private boolean isAllowed(HttpExchange exchange) {
    String given = exchange.getRequestHeaders().getFirst("Authorization");
    byte[] wanted = ("Bearer " + file.token()).getBytes(StandardCharsets.UTF_8);
    return given != null && MessageDigest.isEqual(wanted, given.getBytes(StandardCharsets.UTF_8));
  }

  private static Map<String, String> query(HttpExchange exchange) {
    Map<String, String> query = new HashMap<>();
    String raw = exchange.getRequestURI().getRawQuery();
    for (String pair : raw == null ? new String[0] : raw.split("&")) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        query.put(
            pair.substring(0, equals),
            URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
      }
    }
    return query;
  }

  private static void answer(HttpExchange exchange, int status, Object body) throws IOException {
    byte[] bytes = JSON.writeValueAsBytes(body);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private static Duration duration(Map<String, String> query, String name, String standard) {
    return OptionType.readDuration(query.getOrDefault(name, standard));
  }

  private Object flush(Map<String, String> query) {
    Optional<Lsn> position = Optional.ofNullable(query.get("position")).map(Lsn::parse);
    Duration wait = duration(query, "timeout", "60s");
    Duration stay = duration(query, "stay", "0s");
    CompletableFuture<Position> flush =
        stay.isZero() || position.isEmpty()
            ? pipeline.flush(position)
            : pipeline.flushAndStay(position.get(), stay);
    String upTo = position.map(Lsn::toString).orElse("the end of the log");
    return Map.of("tidemark", await(flush, wait, "flush up to " + upTo));
  }

  private String await(CompletableFuture<Position> answer, Duration wait, String what) {
    try {
      return answer.get(wait.toMillis(), TimeUnit.MILLISECONDS).toString();
    } catch (TimeoutException e) {
      throw new TidemarkException(
          ErrorCode.BUSY,
          "Cannot "
              + what
              + " within "
              + wait.toSeconds()
              + " s: the pipeline is at "
              + pipeline.status().tidemark()
              + ". Look at its status, or wait longer.",
          e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof TidemarkException known
          ? known
          : new TidemarkException(ErrorCode.BUSY, e.getCause().getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TidemarkException(ErrorCode.BUSY, "Cannot " + what + ": the pipeline stops.", e);
    }
  }

  private Object repair(Map<String, String> query, InputStream body) throws IOException {
    byte[] rows = body.readNBytes(LONGEST_BODY);
    if (rows.length == LONGEST_BODY) {
      throw new TidemarkException(
          ErrorCode.LIMIT_EXCEEDED,
          "Cannot repair rows of more than " + LONGEST_BODY + " bytes: copy the table again.");
    }
    Repair repair =
        new Repair(
            query.getOrDefault("sink", ""),
            TableName.parse(query.getOrDefault("table", "")),
            Integer.parseInt(query.getOrDefault("version", "0")),
            Lsn.parse(query.getOrDefault("position", "")),
            ByteBuffer.wrap(rows));
    return Map.of(
        "tidemark",
        await(
            pipeline.repair(repair),
            duration(query, "timeout", "60s"),
            "repair " + repair.table() + " at " + repair.position()));
  }

  private Object letters() {
    Map<String, List<JsonNode>> letters = new LinkedHashMap<>();
    pipeline
        .letters()
        .forEach(
            (sink, texts) -> letters.put(sink, texts.stream().map(ControlServer::json).toList()));
    return letters;
  }

  private Object editLetter(Map<String, String> query, InputStream body) throws IOException {
    String values = new String(body.readAllBytes(), StandardCharsets.UTF_8);
    pipeline.editLetter(
        Optional.ofNullable(query.get("sink")),
        table(query),
        query.getOrDefault("place", ""),
        values);
    return Map.of("ok", true);
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot show a dead letter: it is no JSON.", e);
    }
  }

  private void ask(Map<String, String> query, Function<TableName, SourceRequest> request) {
    pipeline.request(request.apply(table(query)));
  }

  private TableName table(Map<String, String> query) {
    String name = query.getOrDefault("table", "");
    return pipeline
        .table(name)
        .orElseThrow(
            () ->
                new TidemarkException(
                    ErrorCode.USAGE,
                    "Cannot find table '"
                        + name
                        + "' in pipeline "
                        + pipeline.status().pipeline()
                        + Suggestion.of(
                            name,
                            pipeline.status().tables().stream()
                                .map(PipelineStatus.Table::name)
                                .toList())));
  }

  /** Port of the endpoint on the loopback address. */
  public int port() {
    return file.port();
  }

  @Override
  public void close() {
    try {
      file.remove(dataDir);
    } catch (IOException e) {
      LOG.warn("Cannot remove {}: {}", dataDir.resolve(ControlFile.NAME), e.getMessage());
    }
    server.stop(0);
    threads.shutdownNow();
  }
}
