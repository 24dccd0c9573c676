package io.tidemark.kafka.sink;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.format.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** What Debezium itself makes of a database: its embedded engine, all events as JSON by topic. */
final class DebeziumEvents implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** An event as JSON; the value is null for a tombstone. */
  record Event(String keyText, JsonNode key, JsonNode value, Map<String, JsonNode> headers) {}

  private final Map<String, List<Event>> byTopic = new TreeMap<>();
  private final DebeziumEngine<ChangeEvent<String, String>> engine;
  private final ExecutorService executor = Executors.newSingleThreadExecutor();
  private String failure;

  /** Starts to read. */
  DebeziumEvents(Properties properties) {
    engine =
        DebeziumEngine.create(Json.class, Json.class, Json.class)
            .using(properties)
            .using((success, message, error) -> ended(success, message))
            .notifying(this::take)
            .build();
    executor.execute(engine);
  }

  private synchronized void ended(boolean success, String message) {
    if (!success) {
      failure = message;
    }
  }

  private synchronized void take(ChangeEvent<String, String> event) {
    try {
      Map<String, JsonNode> headers = new TreeMap<>();
      for (var header : event.headers()) {
        headers.put(header.getKey(), JSON.readTree(text(header.getValue())));
      }
      byTopic
          .computeIfAbsent(event.destination(), topic -> new ArrayList<>())
          .add(
              new Event(
                  event.key(),
                  event.key() == null ? JSON.nullNode() : JSON.readTree(event.key()),
                  event.value() == null ? null : JSON.readTree(event.value()),
                  headers));
    } catch (IOException e) {
      failure = e.toString();
    }
  }

  private static String text(Object header) {
    return header instanceof byte[] bytes
        ? new String(bytes, java.nio.charset.StandardCharsets.UTF_8)
        : String.valueOf(header);
  }

  /** Events of a topic so far; a null without a key, which says nothing, is left out. */
  synchronized List<Event> of(String topic) {
    if (failure != null) {
      throw new IllegalStateException("Debezium stopped: " + failure);
    }
    return byTopic.getOrDefault(topic, List.of()).stream()
        .filter(event -> event.keyText() != null || event.value() != null)
        .toList();
  }

  /** All topics with events so far. */
  synchronized List<String> topics() {
    return List.copyOf(byTopic.keySet());
  }

  @Override
  public void close() throws IOException, InterruptedException {
    engine.close();
    executor.shutdown();
    executor.awaitTermination(60, TimeUnit.SECONDS);
  }
}
