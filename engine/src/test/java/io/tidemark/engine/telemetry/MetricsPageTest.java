package io.tidemark.engine.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * The reference of the metrics is that of this program; {@code -Dreference=write} writes it anew.
 */
class MetricsPageTest {
  private static final Path PAGE = Path.of("..", "docs", "reference", "metrics.md");

  @Test
  void thePageIsCurrent() throws IOException {
    if ("write".equals(System.getProperty("reference"))) {
      Files.createDirectories(PAGE.getParent());
      Files.writeString(PAGE, Metrics.page());
    }
    assertThat(PAGE).exists();
    assertThat(Files.readString(PAGE))
        .as(
            "docs/reference/metrics.md is what the program says. Write it anew with ./mvnw -pl"
                + " engine -am test -Dtest=MetricsPageTest"
                + " -Dsurefire.failIfNoSpecifiedTests=false -Dreference=write")
        .isEqualTo(Metrics.page());
  }
}
