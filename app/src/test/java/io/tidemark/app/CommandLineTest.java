package io.tidemark.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

class CommandLineTest {
  @TempDir Path folder;

  static Stream<String> commands() {
    return named("", Main.commands());
  }

  private static Stream<String> named(String group, CommandLine command) {
    return command.getSubcommands().entrySet().stream()
        .flatMap(
            each ->
                Stream.concat(
                    Stream.of(group + each.getKey()),
                    named(group + each.getKey() + " ", each.getValue())));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandHelpsWithAnExample(String command) {
    Program.Said said = Program.inProcess((command + " --help").split(" "));
    assertThat(said.status()).isZero();
    assertThat(said.out()).contains("Usage: tidemark " + command, "--json", "Exit codes:");
    assertThat(said.out()).containsPattern("Examples?:\\s+tidemark " + command);
  }

  @Test
  void anUnknownCommandIsWrongUsageWithASuggestion() {
    Program.Said said = Program.inProcess("generat");
    assertThat(said.status()).isEqualTo(2);
    assertThat(said.out()).isEmpty();
    assertThat(said.err()).contains("Unmatched argument", "generate");
  }

  @Test
  void noCommandShowsWhatThereIs() {
    Program.Said said = Program.inProcess();
    assertThat(said.status()).isEqualTo(2);
    assertThat(said.err()).contains("Usage: tidemark", "generate");
  }

  @Test
  void aFailureIsOneMessageWithoutATrace() {
    Program.Said said =
        Program.inProcess("generate", "--source", "postgres://nobody@127.0.0.1:1/none", "--once");
    assertThat(said.status()).isEqualTo(3);
    assertThat(said.out()).isEmpty();
    assertThat(said.err().lines()).hasSize(1);
    assertThat(said.err()).startsWith("Cannot connect to nobody@127.0.0.1:1/none");
  }

  @Test
  void withDebugAFailureShowsWhereItCameFrom() {
    Program.Said said =
        Program.inProcess(
            "generate", "--debug", "--source", "postgres://u@127.0.0.1:1/none", "--once");
    assertThat(said.err()).contains("\tat io.tidemark.");
  }

  @Test
  void withJsonAFailureIsAnObjectToo() {
    Program.Said said =
        Program.inProcess(
            "generate", "--json", "--source", "postgres://u@127.0.0.1:1/none", "--once");
    assertThat(said.out())
        .startsWith("{\"ok\":false,\"error\":{")
        .contains("\"code\":\"SOURCE_UNREACHABLE\"");
  }

  @Test
  void withJsonWrongUsageIsAnObjectToo() {
    Program.Said said = Program.inProcess("query", "--json");
    assertThat(said.status()).isEqualTo(2);
    assertThat(said.lastLine())
        .isEqualTo(
            "{\"ok\":false,\"error\":{\"code\":\"USAGE\",\"message\":\"Missing required"
                + " parameter: 'SQL'\"}}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "demo --to duckdbb|expected parquet or duckdb or postgres, not 'duckdbb'",
        "demo --rate -5|expected transactions per second",
        "demo --rate x|expected transactions per second",
        "demo --for 3|expected a duration such as 500ms, 30s",
        "generate --rate NaN|expected transactions per second",
        "generate --rows 0|Cannot write 0 rows: --rows takes a number of 1 or more.",
        "generate --rows 5 --once|give one of them",
        "query --as-of noon SELECT|expected a tidemark such as 0/1A2B3C4 or a time",
        "drop --config a.yaml --data b|are mutually exclusive"
      })
  void aWrongValueIsToldWithWhatIsExpected(String line, String told) {
    Program.Said said = Program.inProcess(line.split(" "));
    assertThat(said.status()).as(said.err()).isEqualTo(2);
    assertThat(said.out()).isEmpty();
    assertThat(said.err()).contains(told);
  }

  @Test
  void aFolderThatCannotBeMadeIsToldWithTheReason() throws Exception {
    Path file = Files.createFile(folder.resolve("file"));
    Program.Said said = Program.inProcess("demo", "--data", file.resolve("x").toString());
    assertThat(said.status()).isEqualTo(3);
    assertThat(said.err())
        .startsWith("Cannot use folder " + file.resolve("x") + ": ")
        .contains("Choose one that can be written with --data.")
        .doesNotContain(": " + file.resolve("x") + ".");
  }

  @Test
  void aWrongOptionNeverShowsThePassword() {
    Program.Said said =
        Program.inProcess("generate", "--source", "mysql://root:secret@127.0.0.1/none", "--once");
    assertThat(said.status()).isEqualTo(2);
    assertThat(said.err()).contains("postgres://user@host").doesNotContain("secret");
  }
}
