package io.tidemark.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** Writes ratios down: nested objects with numbers alone. */
final class JsonFile {
  private JsonFile() {}

  /** Writes them, sorted by their names; what is empty is left out. */
  static void write(Path file, Map<String, Object> ratios) throws IOException {
    new ObjectMapper()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .writeValue(file.toFile(), withoutEmpty(ratios));
  }

  static Map<String, Object> withoutEmpty(Map<String, ?> ratios) {
    Map<String, Object> filled = new TreeMap<>();
    ratios.forEach(
        (name, value) -> {
          if (value instanceof Map<?, ?> inner) {
            Map<String, Object> part = new TreeMap<>();
            inner.forEach((key, each) -> part.put((String) key, each));
            Map<String, Object> rest = withoutEmpty(part);
            if (!rest.isEmpty()) {
              filled.put(name, rest);
            }
          } else {
            filled.put(name, value);
          }
        });
    return filled;
  }
}
