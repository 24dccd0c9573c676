package io.tidemark.app.command;

import io.tidemark.app.Setup;
import io.tidemark.app.Wiring;
import io.tidemark.app.cli.Answer;
import io.tidemark.app.cli.Command;
import io.tidemark.app.cli.Session;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code tidemark validate}: whether a configuration holds together. */
@CommandLine.Command(
    name = "validate",
    description =
        "Reads a configuration and tells every problem at once, each with its line. Connects to"
            + " nothing.",
    footerHeading = "%nExample:%n",
    footer = "  tidemark validate tidemark.yaml")
public final class ValidateCommand implements Command {
  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      defaultValue = "tidemark.yaml",
      description = "The configuration (${DEFAULT-VALUE}).")
  private Path file;

  @Override
  public Answer run(Session session) {
    Setup setup = new Wiring(session.environment()).load(file);
    List<String> sinks = setup.sinks().stream().map(Setup.Copy::place).toList();
    return Answer.ok(
            "%s holds together: pipeline %s copies %s to %s."
                .formatted(
                    file,
                    setup.pipeline().name(),
                    setup.source().endpoint(),
                    String.join(", ", sinks)))
        .with("file", file.toString())
        .with("pipeline", setup.pipeline().name())
        .with("source", setup.source().endpoint().toString())
        .with("sinks", sinks);
  }
}
