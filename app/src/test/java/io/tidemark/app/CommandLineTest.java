package io.tidemark.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.app.cli.Session;
import io.tidemark.app.cli.StopRequest;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CommandLineTest {
  static Stream<String> commands() {
    return Main.commands().getSubcommands().keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandHelpsWithAnExample(String command) {
    Said said = run(command, "--help");
    assertThat(said.status()).isZero();
    assertThat(said.out()).contains("Usage: tidemark " + command, "--json", "Exit codes:");
    assertThat(said.out()).containsPattern("Examples?:\\s+tidemark " + command);
  }

  @Test
  void anUnknownCommandIsWrongUsageWithASuggestion() {
    Said said = run("generat");
    assertThat(said.status()).isEqualTo(2);
    assertThat(said.out()).isEmpty();
    assertThat(said.err()).contains("Unmatched argument", "generate");
  }

  @Test
  void noCommandShowsWhatThereIs() {
    Said said = run();
    assertThat(said.status()).isEqualTo(2);
    assertThat(said.err()).contains("Usage: tidemark", "generate");
  }

  @Test
  void aFailureIsOneMessageWithoutATrace() {
    Said said = run("generate", "--source", "postgres://nobody@127.0.0.1:1/none", "--once");
    assertThat(said.status()).isEqualTo(3);
    assertThat(said.out()).isEmpty();
    assertThat(said.err().lines()).hasSize(1);
    assertThat(said.err()).startsWith("Cannot connect to nobody@127.0.0.1:1/none");
  }

  @Test
  void withDebugAFailureShowsWhereItCameFrom() {
    Said said = run("generate", "--debug", "--source", "postgres://u@127.0.0.1:1/none", "--once");
    assertThat(said.err()).contains("\tat io.tidemark.");
  }

  @Test
  void withJsonAFailureIsAnObjectToo() {
    Said said = run("generate", "--json", "--source", "postgres://u@127.0.0.1:1/none", "--once");
    assertThat(said.out())
        .startsWith("{\"ok\":false,\"error\":{")
        .contains("\"code\":\"SOURCE_UNREACHABLE\"");
  }

  @Test
  void aWrongOptionNeverShowsThePassword() {
    Said said = run("generate", "--source", "mysql://root:secret@127.0.0.1/none", "--once");
    assertThat(said.status()).isEqualTo(2);
    assertThat(said.err()).contains("postgres://user@host").doesNotContain("secret");
  }

  /** What a call said. */
  record Said(int status, String out, String err) {}

  private static Said run(String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Session session =
        new Session(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            new BufferedReader(new StringReader("")),
            Session.Terminal.NOBODY,
            Map.of(),
            new StopRequest());
    int status = Main.run(session, arguments);
    return new Said(
        status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }
}
