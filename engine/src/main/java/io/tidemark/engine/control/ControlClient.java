package io.tidemark.engine.control;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.BatchCodec;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.engine.pipeline.PipelineStatus;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Speaks to the pipeline that runs with a data folder. Failures that the pipeline tells are thrown
 * as the {@link TidemarkException} it had.
 */
public final class ControlClient {
  private static final ObjectMapper JSON =
      new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
  private static final Duration CONNECT = Duration.ofSeconds(2);
  private static final Duration ANSWER = Duration.ofSeconds(10);

  private final ControlFile file;
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(CONNECT).build();

  private ControlClient(ControlFile file) {
    this.file = file;
  }

  /**
   * The pipeline that runs with a data folder; empty where none does.
   *
   * @throws TidemarkException BUSY when there is one that does not answer in time
   */
  public static Optional<ControlClient> find(Path dataDir) {
    Optional<ControlClient> client = ControlFile.read(dataDir).map(ControlClient::new);
    try {
      client.ifPresent(ControlClient::status);
      return client;
    } catch (TidemarkException e) {
      boolean slow =
          e.getCause() instanceof HttpTimeoutException
              && !(e.getCause() instanceof HttpConnectTimeoutException);
      if (slow) {
        throw e;
      }
      return Optional.empty(); // the process that wrote the file is gone
    }
  }

  /** How the pipeline stands. */
  public PipelineStatus status() {
    return JSON.convertValue(call("GET", "/status", ANSWER), PipelineStatus.class);
  }

  /**
   * Makes every sink commit up to a position, and waits for it.
   *
   * @param position empty for the end of the source's log as last heard
   * @param wait how long at most
   * @return the lowest tidemark then
   */
  public String flush(Optional<Lsn> position, Duration wait) {
    return flush(position.map(at -> "&position=" + encoded(at.toString())).orElse(""), wait);
  }

  private String flush(String query, Duration wait) {
    return call("POST", "/flush?timeout=" + millis(wait) + query, wait.plus(ANSWER))
        .get("tidemark")
        .asText();
  }

  private static String millis(Duration time) {
    return time.toMillis() + "ms";
  }

  /**
   * Like {@link #flush}, and nothing beyond the position is committed before a time is over.
   *
   * @param stay how long at most, from now on; {@link #hold} of zero ends it earlier
   */
  public String flushAndStay(Lsn position, Duration wait, Duration stay) {
    return flush("&position=" + encoded(position.toString()) + "&stay=" + millis(stay), wait);
  }

  /**
   * Lets the source read nothing more, until the next flush at a position or until a time is over.
   *
   * @param longest zero ends it, and any stay
   */
  public void hold(Duration longest) {
    call("POST", "/hold?longest=" + millis(longest), ANSWER);
  }

  /**
   * Gives a sink rows that its copy should have where the pipeline stays, and waits until they are
   * committed there.
   *
   * @param sink its name in the pipeline
   * @param position at which {@link #flushAndStay} lets it stay; every row lies just below
   * @param rows in the source's form
   */
  public void repair(String sink, Lsn position, ChangeBatch rows, Duration wait) {
    ByteBuffer bytes = BatchCodec.write(rows);
    call(
        "POST",
        "/repair?sink=%s&table=%s&version=%d&position=%s&timeout=%s"
            .formatted(
                encoded(sink),
                encoded(rows.table().toString()),
                rows.schema().version(),
                encoded(position.toString()),
                millis(wait)),
        wait.plus(ANSWER),
        HttpRequest.BodyPublishers.ofByteArray(bytes.array(), bytes.position(), bytes.remaining()));
  }

  /** Stops taking from the source. */
  public void pause() {
    call("POST", "/pause", ANSWER);
  }

  /** Goes on after {@link #pause}. */
  public void resume() {
    call("POST", "/resume", ANSWER);
  }

  /** Asks for an orderly end; returns at once. */
  public void stop() {
    call("POST", "/stop", ANSWER);
  }

  /** Copies a table again, given as {@code schema.table}. */
  public void recopyTable(String table) {
    call("POST", "/tables/recopy?table=" + encoded(table), ANSWER);
  }

  /** Leaves a table out until it is resumed. */
  public void pauseTable(String table) {
    call("POST", "/tables/pause?table=" + encoded(table), ANSWER);
  }

  /** Takes a paused or failed table in again, by a new copy. */
  public void resumeTable(String table) {
    call("POST", "/tables/resume?table=" + encoded(table), ANSWER);
  }

  /**
   * The rows that sinks did not take, as JSON: sink name to a list of letters, each with table,
   * place in the log, reason and values.
   */
  public String letters() {
    return call("GET", "/letters", ANSWER).toPrettyString();
  }

  /** Gives the rows of a table that sinks did not take to them again. */
  public void replayLetters(String table) {
    call("POST", "/letters/replay?table=" + encoded(table), ANSWER);
  }

  /** Throws the rows of a table that sinks did not take away. */
  public void discardLetters(String table) {
    call("POST", "/letters/discard?table=" + encoded(table), ANSWER);
  }

  /**
   * Changes values of a row that sinks did not take.
   *
   * @param sink whose; empty for every sink that has it
   * @param place where the row stands in the log, {@code 16/B374D848-3}
   * @param values JSON object of column names to values
   */
  public void editLetter(Optional<String> sink, String table, String place, String values) {
    String of = sink.map(name -> "&sink=" + encoded(name)).orElse("");
    call(
        "POST",
        "/letters/edit?table=" + encoded(table) + "&place=" + encoded(place) + of,
        ANSWER,
        HttpRequest.BodyPublishers.ofString(values));
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private JsonNode call(String method, String path, Duration wait) {
    return call(method, path, wait, HttpRequest.BodyPublishers.noBody());
  }

  private JsonNode call(String method, String path, Duration wait, HttpRequest.BodyPublisher body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + file.port() + path))
            .timeout(wait)
            .header("Authorization", "Bearer " + file.token())
            .method(method, body)
            .build();
    try {
      HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
      JsonNode answer = JSON.readTree(response.body());
      if (response.statusCode() == 200) {
        return answer;
      }
      throw new TidemarkException(
          ErrorCode.valueOf(answer.required("code").asText()), answer.required("error").asText());
    } catch (IOException | IllegalArgumentException e) {
      throw unreachable(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unreachable(e);
    }
  }

  private TidemarkException unreachable(Exception e) {
    return new TidemarkException(
        ErrorCode.BUSY,
        "Cannot reach the pipeline of process "
            + file.pid()
            + ": no answer at port "
            + file.port()
            + ". Look whether the process still runs.",
        e);
  }
}
