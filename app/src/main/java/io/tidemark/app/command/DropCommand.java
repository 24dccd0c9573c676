package io.tidemark.app.command;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.app.Setup;
import io.tidemark.app.Wiring;
import io.tidemark.app.cli.Answer;
import io.tidemark.app.cli.Command;
import io.tidemark.app.cli.ExitCode;
import io.tidemark.app.cli.Session;
import io.tidemark.engine.control.ControlClient;
import io.tidemark.postgres.PostgresConfig;
import io.tidemark.postgres.doctor.PostgresAdmin;
import io.tidemark.postgres.doctor.PostgresAdmin.Dropped;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tidemark drop}: takes a pipeline's traces out of its database. */
@CommandLine.Command(
    name = "drop",
    description = {
      "Removes the replication slot and the publications of a pipeline from its database, after"
          + " asking. The copy stays.",
      "Without its slot a pipeline cannot go on: it would have to begin anew."
    },
    footerHeading = "%nExample:%n",
    footer = "  tidemark drop --config tidemark.yaml")
public final class DropCommand implements Command {
  @Mixin private PipelineChoice choice;

  @Option(names = "--yes", description = "Agree to what is asked.")
  private boolean yes;

  @Override
  public Answer run(Session session) {
    Wiring wiring = new Wiring(session.environment());
    Setup setup = choice.setup(wiring);
    if (ControlClient.find(setup.pipeline().dataDir()).isPresent()) {
      throw new TidemarkException(
          ErrorCode.BUSY,
          "Cannot drop what pipeline "
              + setup.pipeline().name()
              + " uses: it is running. Stop it first.");
    }
    PostgresConfig source = setup.source();
    String question =
        source.publicationMode() == PostgresConfig.PublicationMode.EXISTING
            ? "Drop slot %s at %s?".formatted(source.slot(), source.endpoint())
            : "Drop slot %s and publications %s, %s at %s?"
                .formatted(
                    source.slot(),
                    source.publication(),
                    source.insertsPublication(),
                    source.endpoint());
    if (!session.confirm(question, yes)) {
      return new Answer(ExitCode.FAILED, List.of("Nothing was done."), Map.of("done", false));
    }
    Dropped done = new PostgresAdmin(source, session.environment()).drop();
    String what =
        done.dropped().isEmpty()
            ? "There was nothing to drop"
            : "Dropped " + String.join(", ", done.dropped());
    List<String> lines = new ArrayList<>();
    lines.add(what + " at " + source.endpoint() + ".");
    done.left().forEach(stays -> lines.add("Left in place: " + stays));
    return new Answer(ExitCode.OK, lines, Map.of("dropped", done.dropped(), "left", done.left()));
  }
}
