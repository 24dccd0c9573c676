package io.tidemark.app.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a command has to say when it is done.
 *
 * @param exit how it ends
 * @param lines for a person
 * @param facts for a program: what {@code --json} prints, values that Jackson can write; with none,
 *     the command has printed its own JSON
 */
public record Answer(ExitCode exit, List<String> lines, Map<String, Object> facts) {
  public Answer {
    lines = List.copyOf(lines);
    facts = new LinkedHashMap<>(facts);
  }

  /** All is well, and this is what a person reads. */
  public static Answer ok(String... lines) {
    return new Answer(ExitCode.OK, List.of(lines), Map.of());
  }

  /** All is well, and the command has printed everything itself. */
  public static Answer printed() {
    return new Answer(ExitCode.OK, List.of(), Map.of());
  }

  /** The same answer with a fact more. */
  public Answer with(String name, Object value) {
    Map<String, Object> more = new LinkedHashMap<>(facts);
    more.put(name, value);
    return new Answer(exit, lines, more);
  }
}
