package io.tidemark.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.engine.config.JsonSchema;
import io.tidemark.engine.config.ReferencePage;
import io.tidemark.testkit.seen.SinksPage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/**
 * The generated pages are those of this program. {@code -Dreference=write} writes them anew: {@code
 * ./mvnw -pl app -am test -Dtest=ReferenceTest -Dsurefire.failIfNoSpecifiedTests=false
 * -Dreference=write}
 */
class ReferenceTest {
  private static final Path REFERENCE = Path.of("..", "docs", "reference");

  @Test
  void thePageOfOptionsIsCurrent() throws IOException {
    assertCurrent("configuration.md", ReferencePage.of(Wiring.catalog()));
  }

  @Test
  void theSchemaForEditorsIsCurrent() throws IOException {
    assertCurrent("tidemark.schema.json", JsonSchema.of(Wiring.catalog()));
  }

  @Test
  void thePageOfCommandsIsCurrent() throws IOException {
    StringBuilder page = new StringBuilder();
    page.append("# Commands\n\n");
    page.append("This page is generated from the program; a test fails when it is stale.\n");
    append("tidemark", Main.commands(), page);
    assertCurrent("commands.md", page.toString());
  }

  @Test
  void thePageOfSinksIsCurrent() throws IOException {
    assertCurrent("sinks.md", SinksPage.text());
  }

  private static void append(String name, CommandLine command, StringBuilder page) {
    command.setUsageHelpWidth(110);
    page.append("\n## `").append(name).append("`\n\n```text\n");
    page.append(command.getUsageMessage(CommandLine.Help.Ansi.OFF).stripTrailing());
    page.append("\n```\n");
    command.getSubcommands().forEach((word, sub) -> append(name + " " + word, sub, page));
  }

  private static void assertCurrent(String file, String text) throws IOException {
    Path path = REFERENCE.resolve(file);
    if ("write".equals(System.getProperty("reference"))) {
      Files.createDirectories(REFERENCE);
      Files.writeString(path, text);
    }
    assertThat(path).exists();
    assertThat(Files.readString(path))
        .as(
            "docs/reference/%s is what the program says. Write it anew with ./mvnw -pl app -am test"
                + " -Dtest=ReferenceTest -Dsurefire.failIfNoSpecifiedTests=false"
                + " -Dreference=write",
            file)
        .isEqualTo(text);
  }
}
