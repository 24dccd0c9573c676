package io.tidemark.app;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.error.TidemarkException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HeavyDriverTest {
  @TempDir Path folder;

  @Test
  void withoutACheckoutTheJarMustBeThere() {
    assertThatThrownBy(() -> new HeavyDriver(folder, Optional.empty()).get())
        .isInstanceOf(TidemarkException.class)
        .hasMessage(
            "Cannot load Snowflake's driver: there is none in "
                + folder
                + ", and no checkout to fetch it with. Put net.snowflake:snowflake-jdbc into "
                + folder
                + ", or run './mvnw -N -Psnowflake-driver dependency:copy' in a checkout.");
  }

  @Test
  void aJarThatIsAnotherIsNamed() throws Exception {
    Path jar = Files.writeString(folder.resolve("snowflake-jdbc-0.jar"), "no jar");
    assertThatThrownBy(() -> new HeavyDriver(folder, Optional.empty()).get())
        .isInstanceOf(TidemarkException.class)
        .hasMessageStartingWith("Cannot load Snowflake's driver: " + jar + " does not hold it");
  }
}
