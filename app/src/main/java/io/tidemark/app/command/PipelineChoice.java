package io.tidemark.app.command;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.app.Setup;
import io.tidemark.app.Wiring;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Which pipeline a command is about. */
final class PipelineChoice {
  private static final Path STANDARD = Path.of("tidemark-data");
  private static final String FILE = "tidemark.yaml";

  @ArgGroup(exclusive = true)
  private Place place;

  private static final class Place {
    @Option(
        names = "--config",
        paramLabel = "FILE",
        description = "The pipeline of this configuration.")
    private Path config;

    @Option(
        names = "--data",
        paramLabel = "DIR",
        description =
            "The demo in this folder; without --config and --data, the one in ./tidemark-data.")
    private Path data;
  }

  /** The configuration file. */
  Path file() {
    if (place != null && place.config != null) {
      return place.config;
    }
    Path folder = place == null ? STANDARD : place.data;
    Path file = folder.resolve(FILE);
    if (!Files.exists(file)) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "Cannot find a pipeline in "
              + folder
              + ": no demo was started there. Start one with 'tidemark demo', or name a"
              + " configuration with --config.");
    }
    return file;
  }

  /** What the configuration says. */
  Setup setup(Wiring wiring) {
    return wiring.load(file());
  }
}
