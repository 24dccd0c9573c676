package io.tidemark.app.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Lets a person change the values of a row in an editor of their choice. */
final class LetterEditor {
  private static final ObjectMapper JSON = new ObjectMapper();

  private LetterEditor() {}

  /**
   * The columns that the person changed, as a JSON object; empty where there is none.
   *
   * @param values the row as it is shown
   * @param environment names the editor as {@code VISUAL} or {@code EDITOR}
   * @throws TidemarkException USAGE when there is no editor, or what it left cannot be read
   */
  static Optional<String> changed(JsonNode values, Map<String, String> environment) {
    String editor = environment.getOrDefault("VISUAL", environment.getOrDefault("EDITOR", ""));
    if (editor.isBlank()) {
      throw refused("neither VISUAL nor EDITOR is set. Set one, or give the values with --values");
    }
    try {
      Path file = Files.createTempFile("tidemark-letter-", ".json"); // its user's alone
      try {
        Files.writeString(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(values));
        call(editor, file);
        return difference(values, JSON.readTree(Files.readString(file)));
      } catch (JsonProcessingException e) {
        throw refused("what the editor left is no JSON. Nothing was changed");
      } finally {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot edit dead letter: " + e.getMessage() + ".", e);
    }
  }

  /** The way every program calls it: the words of the variable, then the file. */
  private static void call(String editor, Path file) throws IOException {
    Process process =
        new ProcessBuilder("sh", "-c", editor + " \"$1\"", "sh", file.toString())
            .inheritIO()
            .start();
    try {
      int status = process.waitFor();
      if (status != 0) {
        throw refused("the editor ended with status " + status + ". Nothing was changed");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw refused("interrupted");
    }
  }

  private static Optional<String> difference(JsonNode before, JsonNode after) {
    if (!after.isObject()) {
      throw refused("what the editor left is no JSON object. Nothing was changed");
    }
    List<String> gone =
        before.properties().stream().map(Map.Entry::getKey).filter(n -> !after.has(n)).toList();
    if (!gone.isEmpty()) {
      throw refused(
          "column '"
              + gone.get(0)
              + "' is missing in what the editor left; write null for no value. Nothing was"
              + " changed");
    }
    ObjectNode changed = JSON.createObjectNode();
    after.properties().stream()
        .filter(each -> !each.getValue().equals(before.get(each.getKey())))
        .forEach(each -> changed.set(each.getKey(), each.getValue()));
    return changed.isEmpty() ? Optional.empty() : Optional.of(changed.toString());
  }

  private static TidemarkException refused(String reason) {
    return new TidemarkException(ErrorCode.USAGE, "Cannot edit dead letter: " + reason + ".");
  }
}
