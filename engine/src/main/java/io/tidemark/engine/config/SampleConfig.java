package io.tidemark.engine.config;

import io.tidemark.api.config.ComponentSpec;
import io.tidemark.api.config.Option;
import java.util.List;
import java.util.Map;

/**
 * An annotated {@code tidemark.yaml}: what must be given stands there with a value that works, all
 * else as a comment with its default.
 */
public final class SampleConfig {
  private static final int WIDTH = 92;

  private final StringBuilder text = new StringBuilder();

  private SampleConfig() {}

  /**
   * The text of a file.
   *
   * @param pipelineValues the values of the pipeline's own options that are known already
   * @param source the source's specification and the values that are known already, by option name
   * @param sink the same of the sink
   */
  public static String of(
      Catalog catalog,
      Map<String, String> pipelineValues,
      ComponentSpec source,
      Map<String, String> sourceValues,
      ComponentSpec sink,
      Map<String, String> sinkValues) {
    SampleConfig sample = new SampleConfig();
    sample
        .text
        .append(
            "# A Tidemark pipeline. Check it with 'tidemark validate', check the database with\n")
        .append("# 'tidemark doctor', then run it with 'tidemark run'.\n")
        .append("# Secrets are written as ${env:NAME} or ${file:path}.\n\n");
    sample.options(catalog.pipeline().options(), "", pipelineValues);
    sample.text.append("\nsource:\n  type: ").append(source.type()).append("\n");
    sample.options(source.options(), "  ", sourceValues);
    sample.text.append("\nsinks:\n  - type: ").append(sink.type()).append("\n");
    sample.options(sink.options(), "    ", sinkValues);
    sample.transforms(catalog.ofKind("transform"));
    return sample.text.toString();
  }

  private void options(List<Option<?>> options, String indent, Map<String, String> values) {
    for (Option<?> option : options) {
      comment(indent, option.description());
      String given = values.get(option.name());
      boolean active = given != null || option.required();
      String value = given != null ? given : option.standard().orElse(option.example());
      text.append(indent)
          .append(active ? "" : "# ")
          .append(option.name())
          .append(": ")
          .append(written(option, value))
          .append("\n");
    }
  }

  private void transforms(List<ComponentSpec> specs) {
    if (specs.isEmpty()) {
      return;
    }
    text.append("\n# transforms:\n");
    for (ComponentSpec spec : specs) {
      comment("# ", spec.summary());
      text.append("#   - type: ").append(spec.type()).append("\n");
      for (Option<?> option : spec.options()) {
        text.append("#     ")
            .append(option.name())
            .append(": ")
            .append(written(option, option.example()))
            .append("\n");
      }
    }
  }

  private static String written(Option<?> option, String value) {
    return switch (option.type().shape()) {
      case SCALAR -> quoted(value);
      case LIST -> {
        if (value.isEmpty() || value.startsWith("[")) {
          yield value.isEmpty() ? "[]" : value;
        }
        List<String> parts = List.of(value.split("\\s*,\\s*"));
        yield "[" + String.join(", ", parts.stream().map(SampleConfig::quoted).toList()) + "]";
      }
      case MAP -> value.startsWith("{") ? value : "{" + value + "}";
    };
  }

  private static String quoted(String value) {
    boolean plain = value.matches("[A-Za-z0-9_./][A-Za-z0-9_./:@=?&+-]*") && !value.endsWith(":");
    return plain ? value : "\"" + value.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }

  private void comment(String indent, String words) {
    StringBuilder line = new StringBuilder(indent + "#");
    for (String word : words.split("\\s+")) {
      if (line.length() + word.length() + 1 > WIDTH) {
        text.append(line).append("\n");
        line = new StringBuilder(indent + "#");
      }
      line.append(' ').append(word);
    }
    text.append(line).append("\n");
  }
}
