package io.tidemark.api.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingsTest {
  private enum Mode {
    FAST_ONE,
    SAFE
  }

  private static final Option<String> PATH =
      Option.required("path", OptionType.TEXT, "Where.", "/lake");
  private static final Option<Duration> EVERY =
      Option.of("flush.every", OptionType.DURATION, "10s", "How often.");
  private static final Option<Long> SIZE = Option.of("size", OptionType.SIZE, "64MiB", "How much.");
  private static final Option<Mode> MODE =
      Option.of("mode", OptionType.oneOf(Mode.class), "safe", "Which way.");
  private static final Option<List<String>> TABLES =
      Option.of("tables", OptionType.LIST, "", "Which.");
  private static final Option<String> KEY =
      Option.optional("key", OptionType.TEXT, "Key.", "k").asSecret();
  private static final Option<Long> PORT =
      Option.optional("port", OptionType.NUMBER, "Port.", "1").asSecret();
  private static final ComponentSpec SPEC =
      new ComponentSpec(
          "sink", "test", "For tests.", List.of(PATH, EVERY, SIZE, MODE, TABLES, KEY, PORT));

  @Test
  void valuesAreReadAndDefaultsStandIn() {
    List<String> problems = new ArrayList<>();
    Settings settings =
        Settings.read(
            SPEC,
            Map.of("path", "/x", "size", "2GiB", "mode", "Fast-One", "tables", "a, b"),
            "sink",
            problems);
    assertThat(problems).isEmpty();
    assertThat(settings.get(PATH)).isEqualTo("/x");
    assertThat(settings.get(EVERY)).isEqualTo(Duration.ofSeconds(10));
    assertThat(settings.get(SIZE)).isEqualTo(2L << 30);
    assertThat(settings.get(MODE)).isEqualTo(Mode.FAST_ONE);
    assertThat(settings.get(TABLES)).containsExactly("a", "b");
    assertThat(settings.find(KEY)).isEmpty();
  }

  @Test
  void allProblemsAreToldAtOnceAndSecretsAreNot() {
    List<String> problems = new ArrayList<>();
    Settings.read(
        SPEC,
        Map.of(
            "flush.evry",
            "1s",
            "size",
            "much",
            "mode",
            "quick",
            "port",
            "hunter2",
            "flush.every",
            List.of("1s")),
        "sinks[0]",
        problems);
    assertThat(problems)
        .containsExactlyInAnyOrder(
            "sinks[0].path: missing. Write for example 'path: /lake'.",
            "sinks[0].size: cannot read 'much', expected a size such as 64KiB, 512MiB or 2GiB.",
            "sinks[0].mode: cannot read 'quick', expected one of fast-one, safe.",
            "sinks[0].port: cannot read (secret), expected a whole number such as 1000.",
            "sinks[0].flush.every: cannot read '[1s]', expected a scalar.",
            "sinks[0].flush.evry: unknown option of sink test. Did you mean 'flush.every'?");
  }
}
