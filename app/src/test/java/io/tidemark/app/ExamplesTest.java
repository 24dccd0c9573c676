package io.tidemark.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Configurations that the docs show and the program writes: the schema for editors takes them, and
 * so does the program. What the program refuses, the schema refuses where it can.
 */
class ExamplesTest {
  private static final Path DOCS = Path.of("..", "docs");
  private static final Pattern BLOCK =
      Pattern.compile("^ *```yaml\\n(.*?)^ *```$", Pattern.DOTALL | Pattern.MULTILINE);
  private static final YAMLMapper YAML = new YAMLMapper();

  private static final String REST =
      """
      source: {type: postgres, url: "postgres://tidemark@db/shop"}
      sinks:
        - {type: parquet, path: lake}
      """;

  @TempDir Path folder;

  private static JsonSchema schema() throws IOException {
    String text = Files.readString(DOCS.resolve("reference/tidemark.schema.json"));
    return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(text);
  }

  private static Set<ValidationMessage> problems(JsonNode configuration) throws IOException {
    return schema().validate(configuration);
  }

  static Stream<String> examples() throws IOException {
    List<String> examples = new ArrayList<>();
    try (Stream<Path> files = Files.walk(Path.of(".."), 3)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".md")).toList()) {
        Matcher block = BLOCK.matcher(Files.readString(file));
        while (block.find()) {
          examples.add(block.group(1).stripIndent());
        }
      }
    }
    assertThat(examples).as("examples in the docs").hasSizeGreaterThanOrEqualTo(3);
    return examples.stream();
  }

  /** An example that shows a part is completed. */
  private static ObjectNode whole(String example) throws IOException {
    ObjectNode shown = (ObjectNode) YAML.readTree(example);
    YAML.readTree(REST)
        .properties()
        .forEach(
            part -> {
              if (!shown.has(part.getKey())) {
                shown.set(part.getKey(), part.getValue());
              }
            });
    return shown;
  }

  @ParameterizedTest
  @MethodSource("examples")
  void everyExampleOfTheDocsIsTaken(String example) throws IOException {
    ObjectNode configuration = whole(example);
    assertThat(problems(configuration)).isEmpty();
    Path file = folder.resolve("tidemark.yaml");
    YAML.writeValue(file.toFile(), configuration);
    Wiring wiring =
        new Wiring(
            Map.of(
                "MASK_KEY", "a secret of sixteen signs or more",
                "SNOWFLAKE_PASSPHRASE", "words",
                "KAFKA_JAAS", "a login module and its words",
                "TRUSTSTORE_PASSWORD", "words"));
    assertThat(wiring.load(file).sinks()).isNotEmpty();
  }

  @Test
  void whatInitWritesIsTakenWithEveryOptionSwitchedOn() throws IOException {
    Path file = folder.resolve("tidemark.yaml");
    assertThat(Program.inProcess("init", file.toString()).status()).isZero();
    String text = Files.readString(file);
    assertThat(problems(YAML.readTree(text))).isEmpty();
    String all = switchedOn(text, names());
    assertThat(all.lines().filter(line -> !line.strip().startsWith("#")).count())
        .as("options that are switched on")
        .isGreaterThan(50);
    assertThat(problems(YAML.readTree(all))).isEmpty();
  }

  /** Names of options, as the reference lists them. */
  private static Set<String> names() throws IOException {
    Set<String> names = new TreeSet<>();
    Matcher row =
        Pattern.compile("(?m)^\\| `([a-z0-9.-]+)` \\|")
            .matcher(Files.readString(DOCS.resolve("reference/configuration.md")));
    while (row.find()) {
      names.add(row.group(1));
    }
    return names;
  }

  /** Takes the sign of a comment away from every line that is an option and no prose. */
  private static String switchedOn(String text, Set<String> names) {
    return Pattern.compile("(?m)^( *)# ([a-z0-9.-]+): (\\S.*)$")
        .matcher(text)
        .replaceAll(
            line ->
                names.contains(line.group(2))
                    ? Matcher.quoteReplacement(line.group(1) + line.group(2) + ": " + line.group(3))
                    : Matcher.quoteReplacement(line.group()));
  }

  @ParameterizedTest
  @MethodSource("wrong")
  void whatIsWrongIsNotTaken(String wrong) throws IOException {
    assertThat(problems(whole(wrong))).isNotEmpty();
  }

  static Stream<String> wrong() {
    return Stream.of(
        "flush.intervall: 5s",
        "on-reject: maybe",
        "sinks: []",
        "sinks: [{type: parquett, path: x}]",
        "sinks: [{type: parquet}]",
        "source: {type: postgres, slott: x}",
        "transforms: [{type: mask, tables: a}]");
  }
}
