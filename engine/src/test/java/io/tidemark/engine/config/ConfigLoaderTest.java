package io.tidemark.engine.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.api.config.ComponentSpec;
import io.tidemark.api.config.Option;
import io.tidemark.api.config.OptionType;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.engine.pipeline.PipelineConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigLoaderTest {
  private static final Option<String> URL =
      Option.required("url", OptionType.TEXT, "Where the database is.", "postgres://localhost/db");
  private static final Option<String> PASSWORD =
      Option.optional("password", OptionType.TEXT, "Its password.", "${env:PW}").asSecret();
  private static final Option<List<String>> TABLES =
      Option.of("tables.include", OptionType.LIST, "", "Patterns.").example("public.*, shop.*");
  private static final Option<Duration> HOLD =
      Option.of("snapshot.max-hold", OptionType.DURATION, "15m", "How long.");
  private static final Option<String> SNAPSHOT =
      Option.of("snapshot", OptionType.TEXT, "initial", "Whether to copy.");
  private static final Option<String> PATH =
      Option.required("path", OptionType.TEXT, "Where files go: a | folder.", "/data/lake");
  private static final Option<Long> SIZE =
      Option.of("file.size", OptionType.SIZE, "128MiB", "How large.");
  private static final Option<Map<String, String>> COLUMNS =
      Option.of("columns", OptionType.MAP, "", "Which.").example("{email: hash}");

  private static final ComponentSpec SOURCE =
      new ComponentSpec(
          "source", "postgres", "Reads.", List.of(URL, PASSWORD, TABLES, SNAPSHOT, HOLD));
  private static final ComponentSpec SINK =
      new ComponentSpec("sink", "parquet", "Writes.", List.of(PATH, SIZE));
  private static final ComponentSpec MASK =
      new ComponentSpec("transform", "mask", "Hides.", List.of(COLUMNS));
  private static final Catalog CATALOG =
      new Catalog(PipelineConfig.SPEC, List.of(SOURCE, SINK, MASK));

  @TempDir Path folder;

  private LoadedConfig load(String text) {
    return new ConfigLoader(CATALOG, Map.of("PW", "s3cret!")).load(text, "t.yaml", folder);
  }

  @Test
  void readsNestedAndDottedOptionsSecretsListsAndMaps() throws Exception {
    Files.writeString(folder.resolve("url"), "postgres://db/x\n");
    LoadedConfig config =
        load(
            """
            name: bank
            flush: {interval: 2s, rows: 10}
            flush.bytes: 1MiB
            source:
              type: postgres
              url: ${file:url}
              password: a${env:PW}$${b}
              tables:
                include: [public.*, shop.*]
              snapshot: never
              snapshot.max-hold: 2m
            sinks:
              - type: parquet
                path: /a
              - {type: parquet, path: /b, file: {size: 1GiB}}
              - {type: parquet, name: third, path: /c}
            transforms:
              - type: mask
                columns: {email: hash, name: redact}
            """);
    PipelineConfig pipeline = PipelineConfig.of(config.pipeline());
    assertThat(pipeline.name()).isEqualTo("bank");
    assertThat(pipeline.flush().interval()).isEqualTo(Duration.ofSeconds(2));
    assertThat(pipeline.flush().rows()).isEqualTo(10);
    assertThat(pipeline.flush().bytes()).isEqualTo(1 << 20);
    assertThat(config.source().settings().get(URL)).isEqualTo("postgres://db/x");
    assertThat(config.source().settings().find(PASSWORD)).contains("as3cret!${b}");
    assertThat(config.source().settings().get(TABLES)).containsExactly("public.*", "shop.*");
    assertThat(config.source().settings().get(SNAPSHOT)).isEqualTo("never");
    assertThat(config.source().settings().get(HOLD)).isEqualTo(Duration.ofMinutes(2));
    assertThat(config.sinks())
        .extracting(LoadedConfig.Component::name)
        .containsExactly("parquet", "parquet-2", "third");
    assertThat(config.sinks().get(1).settings().get(SIZE)).isEqualTo(1L << 30);
    assertThat(config.transforms().get(0).settings().get(COLUMNS))
        .isEqualTo(Map.of("email", "hash", "name", "redact"));
  }

  @Test
  void tellsAllProblemsAtOnceWithTheirLines() {
    assertThatThrownBy(
            () ->
                load(
                    """
                    flush:
                      intervall: 2s
                      rows: many
                    source:
                      type: postgres
                      password: ${env:NOPE}
                      snapshot:
                        max-hold: ${env:PW}
                    sinks:
                      - type: parket
                      - type: parquet
                        path: /a
                        path: /b
                        name: x
                      - type: parquet
                        name: x
                    on-failed-table: explode
                    """))
        .isInstanceOf(TidemarkException.class)
        .hasMessage(everyProblem());
  }

  private static String everyProblem() {
    return String.join(
        "\n  ",
        "Cannot use configuration t.yaml: 10 problems.",
        "line 3: flush.rows: cannot read 'many', expected a whole number such as 1000.",
        "line 17: on-failed-table: cannot read 'explode', expected one of exclude, stop.",
        "line 2: flush.intervall: unknown option of pipeline. Did you mean" + " 'flush.interval'?",
        "line 6: source.password: the environment variable NOPE is not set. Set it, or write the"
            + " value.",
        "line 4: source.url: missing. Write for example 'url: postgres://localhost/db'.",
        "line 8: source.snapshot.max-hold: cannot read (secret), expected a duration such as 500ms,"
            + " 30s, 5m, 2h or 7d.",
        "line 10: sinks[0].type: unknown sink 'parket'. Did you mean 'parquet'?",
        "line 12: sinks[1].path: given twice. Remove one.",
        "line 16: sinks[2].name: 'x' is taken. Choose another.",
        "line 15: sinks[2].path: missing. Write for example 'path: /data/lake'.");
  }

  @Test
  void aBrokenFileIsNamed() {
    assertThatThrownBy(() -> load("source: [")).hasMessageContaining("line 1: ");
    assertThatThrownBy(() -> load("just words")).hasMessageContaining("expected options by name");
    assertThatThrownBy(() -> load("name: x"))
        .hasMessageContaining("source: missing. Write its type, one of postgres.")
        .hasMessageContaining("sinks: missing. A pipeline needs at least one.");
    assertThatThrownBy(() -> load("name: x\nsinks: []"))
        .hasMessageContaining("sinks: missing. A pipeline needs at least one.");
    assertThatThrownBy(() -> load("a: &a {b: *a}")).isInstanceOf(TidemarkException.class);
    assertThatThrownBy(
            () -> new ConfigLoader(CATALOG, Map.of()).load(folder.resolve("no-such.yaml")))
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining("there is no such file");
  }

  @Test
  void theSampleIsAWorkingConfiguration() {
    String sample =
        SampleConfig.of(
            CATALOG,
            Map.of(),
            SOURCE,
            Map.of("password", "${env:PW}"),
            SINK,
            Map.of("file.size", "64MiB"));
    assertThat(sample).contains("# flush.interval: 10s\n").contains("#   - type: mask\n");
    LoadedConfig config = load(sample);
    assertThat(config.source().settings().get(URL)).isEqualTo("postgres://localhost/db");
    assertThat(config.source().settings().find(PASSWORD)).contains("s3cret!");
    assertThat(config.sinks().get(0).settings().get(SIZE)).isEqualTo(64L << 20);

    String everything = sample.replaceAll("(?m)^(\\s*)# ([a-z.-]+: )", "$1$2");
    assertThat(load(everything.replace("\nmetrics.port", "\n#metrics.port")).sinks()).hasSize(1);
  }

  @Test
  void theSchemaForEditorsAllowsWhatTheLoaderDoes() throws Exception {
    JsonNode schema = new ObjectMapper().readTree(JsonSchema.of(CATALOG));
    JsonNode flush = schema.at("/properties/flush/properties/interval");
    assertThat(flush.get("default").asText()).isEqualTo("10s");
    assertThat(schema.at("/properties/flush.interval/default").asText()).isEqualTo("10s");
    JsonNode source = schema.at("/properties/source/oneOf/0");
    assertThat(source.at("/properties/type/const").asText()).isEqualTo("postgres");
    assertThat(source.at("/required/1").asText()).isEqualTo("url");
    assertThat(source.at("/properties/snapshot.max-hold/default").asText()).isEqualTo("15m");
    assertThat(source.at("/properties/snapshot/default").asText()).isEqualTo("initial");
    assertThat(schema.at("/properties/sinks/items/oneOf/0/properties/name/type").asText())
        .isEqualTo("string");
  }

  @Test
  void theReferenceNamesEveryOption() {
    String page = ReferencePage.of(CATALOG);
    for (ComponentSpec spec : List.of(PipelineConfig.SPEC, SOURCE, SINK, MASK)) {
      spec.options().forEach(option -> assertThat(page).contains("| `" + option.name() + "` |"));
    }
    assertThat(page).contains("a \\| folder");
  }
}
