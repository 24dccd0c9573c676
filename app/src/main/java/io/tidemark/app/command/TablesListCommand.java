package io.tidemark.app.command;

import io.tidemark.app.Wiring;
import io.tidemark.app.cli.Answer;
import io.tidemark.app.cli.Command;
import io.tidemark.app.cli.ExitCode;
import io.tidemark.app.cli.Session;
import io.tidemark.app.live.StatusLines;
import io.tidemark.engine.pipeline.PipelineStatus;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;

/** {@code tidemark tables list}. */
@CommandLine.Command(
    name = "list",
    description =
        "Shows every table of a pipeline, where it stands, and why if it is no member of the copy.",
    footerHeading = "%nExample:%n",
    footer = "  tidemark tables list --config tidemark.yaml")
final class TablesListCommand implements Command {
  @Mixin private PipelineChoice choice;

  @Override
  public Answer run(Session session) {
    PipelineStatus status = PipelineLook.of(choice, new Wiring(session.environment())).status();
    List<String> lines =
        status.tables().isEmpty()
            ? List.of("Pipeline " + status.pipeline() + " has no tables.")
            : StatusLines.allTables(status);
    return new Answer(ExitCode.OK, lines, Map.of("tables", status.tables()));
  }
}
