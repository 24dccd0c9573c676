package io.tidemark.app.command;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.app.Setup;
import picocli.CommandLine.Option;

/** Which copy of a pipeline a command is about. */
final class SinkChoice {
  @Option(
      names = "--sink",
      paramLabel = "NAME",
      description = "Which copy, where the pipeline has several; else the first.")
  private String name;

  /** The lake of the copy. */
  Setup.Lake lake(Setup setup) {
    if (name == null) {
      return setup.sinks().get(0);
    }
    return setup.sinks().stream()
        .filter(lake -> lake.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new TidemarkException(
                    ErrorCode.USAGE,
                    "Cannot find sink '"
                        + name
                        + "': the pipeline has "
                        + String.join(", ", setup.sinks().stream().map(Setup.Lake::name).toList())
                        + ". Name one of these."));
  }
}
