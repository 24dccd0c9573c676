package io.tidemark.app.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.app.Setup;
import io.tidemark.app.Wiring;
import io.tidemark.app.demo.StoppedDemo;
import io.tidemark.app.demo.WokenDatabase;
import io.tidemark.app.lake.LakeCopy;
import io.tidemark.duckdb.sink.DuckDbLook;
import io.tidemark.engine.control.ControlClient;
import io.tidemark.engine.deadletter.LetterBox;
import io.tidemark.kafka.sink.KafkaLook;
import io.tidemark.parquet.state.AsOf;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The rows that the sinks of a pipeline did not take: asked of it where it runs, read from its
 * copies where it does not.
 */
final class DeadLetters {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> FIELDS =
      List.of("lsn", "seq", "op", "code", "reason", "at", "before", "values", "edited");

  /**
   * One of them.
   *
   * @param sink the sink that did not take it
   * @param json what is kept, see {@link #facts}
   */
  record Letter(String sink, JsonNode json) {
    String table() {
      return json.get("schema").asText() + "." + json.get("table").asText();
    }

    /** Where the row stands in the log, as {@code edit} takes it. */
    String place() {
      return json.get("lsn").asText() + "-" + json.get("seq").asLong();
    }

    /** Where the row stands in the log, what it is, and why it was not taken; no values. */
    String line() {
      String edited = json.has("edited") ? " (edited)" : "";
      return "  %s  %s  %s  %s: %s%s"
          .formatted(table(), place(), json.get("op").asText(), sink, reason(), edited);
    }

    private String reason() {
      return json.get("reason").asText();
    }

    /** What a program is shown: without the exact row, which only replaying needs. */
    Map<String, Object> facts() {
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("sink", sink);
      facts.put("table", table());
      facts.put("place", place());
      facts.put("key", key());
      facts.put("schemaVersion", json.at("/formOfTable/version").asInt());
      for (String field : FIELDS) {
        if (json.has(field)) {
          facts.put(field, json.get(field));
        }
      }
      return facts;
    }

    /** The values of the key that the row had before, by column; empty without a key. */
    private Map<String, JsonNode> key() {
      JsonNode row = json.has("before") ? json.get("before") : json.get("values");
      Map<Integer, String> names = new HashMap<>();
      json.at("/formOfTable/columns")
          .forEach(each -> names.put(each.get("attnum").asInt(), each.get("name").asText()));
      Map<String, JsonNode> key = new LinkedHashMap<>();
      json.at("/formOfTable/key")
          .forEach(each -> key.put(names.get(each.asInt()), row.get(names.get(each.asInt()))));
      return key;
    }

    /** The same without values of rows. */
    Map<String, Object> outline() {
      Map<String, Object> outline = facts();
      outline.remove("values");
      outline.remove("before");
      outline.remove("key");
      outline.remove("edited");
      outline.put("wasEdited", json.has("edited"));
      return outline;
    }
  }

  private DeadLetters() {}

  /** All of a pipeline, those of a table in the order of the log. */
  static List<Letter> of(Path file, Setup setup) {
    Optional<ControlClient> running = ControlClient.find(setup.pipeline().dataDir());
    return running.isPresent() ? told(running.get()) : stored(file, setup);
  }

  private static List<Letter> told(ControlClient pipeline) {
    List<Letter> letters = new ArrayList<>();
    ObjectNode bySink = (ObjectNode) json(pipeline.letters());
    for (Map.Entry<String, JsonNode> sink : bySink.properties()) {
      sink.getValue().forEach(json -> letters.add(new Letter(sink.getKey(), json)));
    }
    return letters;
  }

  private static List<Letter> stored(Path file, Setup setup) {
    List<Letter> letters = new ArrayList<>();
    for (Setup.Copy copy : setup.sinks()) {
      stored(file, setup, copy).forEach(text -> letters.add(new Letter(copy.name(), json(text))));
    }
    return letters;
  }

  private static List<String> stored(Path file, Setup setup, Setup.Copy copy) {
    if (copy instanceof Setup.Database database) {
      return LetterBox.stored(
          WokenDatabase.look(file, setup.source(), database.config()).entries());
    } else if (copy instanceof Setup.Warehouse warehouse) {
      return LetterBox.stored(Wiring.look(warehouse).entries());
    }
    if (copy instanceof Setup.Topics topics) {
      return LetterBox.stored(KafkaLook.at(topics.config()).entries());
    }
    if (!(copy instanceof Setup.Lake lake)) {
      return LetterBox.stored(DuckDbLook.at(((Setup.DuckDbFile) copy).config()).entries());
    }
    Path scratch = setup.pipeline().dataDir().resolve("query");
    try (StoppedDemo demo = StoppedDemo.wake(file, lake.config());
        LakeCopy open = LakeCopy.open(demo.lake(), setup.transforms(), AsOf.LATEST, scratch)) {
      return open.letters();
    }
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot show dead letters: they are no JSON.", e);
    }
  }

  /** Those of some tables; of all where none is named. */
  static List<Letter> of(PipelineChoice choice, Wiring wiring, List<String> tables) {
    Path file = choice.file();
    return of(file, wiring.load(file)).stream()
        .filter(letter -> tables.isEmpty() || tables.contains(letter.table()))
        .toList();
  }
}
