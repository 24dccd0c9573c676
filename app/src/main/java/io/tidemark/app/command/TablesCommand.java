package io.tidemark.app.command;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.app.Setup;
import io.tidemark.app.Wiring;
import io.tidemark.app.cli.Answer;
import io.tidemark.app.cli.Command;
import io.tidemark.app.cli.Session;
import io.tidemark.engine.control.ControlClient;
import java.util.List;
import java.util.function.BiConsumer;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code tidemark tables}: the tables of a pipeline one by one. */
@CommandLine.Command(
    name = "tables",
    description = "Shows the tables of a pipeline, and what can be done with a single one.",
    subcommands = {
      TablesListCommand.class,
      TablesCommand.Recopy.class,
      TablesCommand.Pause.class,
      TablesCommand.Resume.class
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  tidemark tables list --config tidemark.yaml",
      "  tidemark tables recopy --config tidemark.yaml public.orders"
    })
public final class TablesCommand {
  /** What the three ways of changing a table have in common. */
  private static final class Change {
    @Mixin private PipelineChoice choice;

    @Parameters(arity = "1..*", paramLabel = "TABLE", description = "As schema.table.")
    private List<String> tables;

    Answer ask(Session session, String done, BiConsumer<ControlClient, String> request) {
      Setup setup = choice.setup(new Wiring(session.environment()));
      ControlClient pipeline =
          ControlClient.find(setup.pipeline().dataDir())
              .orElseThrow(
                  () ->
                      new TidemarkException(
                          ErrorCode.BUSY,
                          "Cannot change tables of pipeline "
                              + setup.pipeline().name()
                              + ": it is not running. Start it with 'tidemark run' first."));
      tables.forEach(table -> request.accept(pipeline, table));
      return Answer.ok(done.formatted(String.join(", ", tables))).with("tables", tables);
    }
  }

  /** {@code tables recopy}. */
  @CommandLine.Command(
      name = "recopy",
      description =
          "Copies tables again from the beginning, while the others go on. What was copied before"
              + " does not count any more.",
      footerHeading = "%nExample:%n",
      footer = "  tidemark tables recopy --config tidemark.yaml public.orders")
  static final class Recopy implements Command {
    @Mixin private Change change;

    @Override
    public Answer run(Session session) {
      return change.ask(session, "%s will be copied again.", ControlClient::recopyTable);
    }
  }

  /** {@code tables pause}. */
  @CommandLine.Command(
      name = "pause",
      description = "Leaves tables out until they are resumed. Their rows so far stay.",
      footerHeading = "%nExample:%n",
      footer = "  tidemark tables pause --config tidemark.yaml public.orders")
  static final class Pause implements Command {
    @Mixin private Change change;

    @Override
    public Answer run(Session session) {
      return change.ask(session, "%s is left out from now on.", ControlClient::pauseTable);
    }
  }

  /** {@code tables resume}. */
  @CommandLine.Command(
      name = "resume",
      description = "Takes paused or failed tables in again, by a new copy.",
      footerHeading = "%nExample:%n",
      footer = "  tidemark tables resume --config tidemark.yaml public.orders")
  static final class Resume implements Command {
    @Mixin private Change change;

    @Override
    public Answer run(Session session) {
      return change.ask(session, "%s will be copied again.", ControlClient::resumeTable);
    }
  }
}
