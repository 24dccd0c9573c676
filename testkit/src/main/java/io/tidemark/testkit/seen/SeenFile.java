package io.tidemark.testkit.seen;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a sink's test has seen, and the file of it that is kept with the documentation. */
final class SeenFile {
  static final Path FOLDER = Path.of("..", "docs", "reference", "seen");
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final String sink;
  private final Map<String, Map<String, String>> seen = new LinkedHashMap<>();

  SeenFile(String sink) {
    this.sink = sink;
    for (String part : new String[] {"changes", "types", "odd", "refused"}) {
      seen.put(part, new LinkedHashMap<>());
    }
  }

  void change(String name, String outcome) {
    seen.get("changes").put(name, outcome);
  }

  void type(String name, String outcome) {
    seen.get("types").put(name, outcome);
  }

  void odd(String name, String outcome) {
    seen.get("odd").put(name, outcome);
  }

  void refused(String what, String message) {
    seen.get("refused").put(what, message);
  }

  void assertCurrent() throws IOException {
    Path file = FOLDER.resolve(sink + ".json");
    String text = text();
    if ("write".equals(System.getProperty("seen"))) {
      Files.createDirectories(FOLDER);
      Files.writeString(file, text);
    }
    assertThat(file).exists();
    assertThat(Files.readString(file))
        .as(
            "docs/reference/seen/%s.json is what this sink does. Write it anew by running this test"
                + " with -Dseen=write, then the page by ReferenceTest with -Dreference=write",
            sink)
        .isEqualTo(text);
  }

  private String text() throws JsonProcessingException {
    return JSON.writeValueAsString(seen) + "\n";
  }
}
