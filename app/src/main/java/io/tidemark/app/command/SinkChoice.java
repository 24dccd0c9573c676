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
    Setup.Copy chosen = copy(setup);
    if (chosen instanceof Setup.Lake lake) {
      return lake;
    }
    throw new TidemarkException(
        ErrorCode.USAGE,
        "Cannot use this command on sink '"
            + chosen.name()
            + "': it is no lake but "
            + chosen.place()
            + ". Name a parquet sink with --sink.");
  }

  /** The copy that was named; else the first lake, else the first. */
  Setup.Copy copy(Setup setup) {
    if (name == null) {
      return setup.sinks().stream()
          .filter(Setup.Lake.class::isInstance)
          .findFirst()
          .orElse(setup.sinks().get(0));
    }
    return setup.sinks().stream()
        .filter(copy -> copy.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new TidemarkException(
                    ErrorCode.USAGE,
                    "Cannot find sink '"
                        + name
                        + "': the pipeline has "
                        + String.join(", ", setup.sinks().stream().map(Setup.Copy::name).toList())
                        + ". Name one of these."));
  }
}
