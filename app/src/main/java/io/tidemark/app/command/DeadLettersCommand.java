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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemark dead-letters}: rows that a sink did not take, see {@code on-reject}. */
@CommandLine.Command(
    name = "dead-letters",
    description = {
      "Shows the rows that a destination did not take and that were put aside, gives them again, or"
          + " throws them away.",
      "They are kept in the copy's state, with everything needed to give them again; on-reject in the"
          + " configuration says what becomes of a row that is not taken."
    },
    subcommands = {
      DeadLettersCommand.Listing.class,
      DeadLettersCommand.Show.class,
      DeadLettersCommand.Replay.class,
      DeadLettersCommand.Discard.class
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  tidemark dead-letters list --config tidemark.yaml",
      "  tidemark dead-letters replay --config tidemark.yaml public.orders"
    })
public final class DeadLettersCommand {
  private static final String NONE = "No row was put aside.";

  /** {@code dead-letters list}. */
  @CommandLine.Command(
      name = "list",
      description = "Shows every row that was put aside, and why, without its values.",
      footerHeading = "%nExample:%n",
      footer = "  tidemark dead-letters list --config tidemark.yaml")
  static final class Listing implements Command {
    @Mixin private PipelineChoice choice;

    @Override
    public Answer run(Session session) {
      List<DeadLetters.Letter> letters =
          DeadLetters.of(choice, new Wiring(session.environment()), List.of());
      List<String> lines =
          letters.isEmpty()
              ? List.of(NONE)
              : letters.stream().map(DeadLetters.Letter::line).toList();
      return new Answer(
          ExitCode.OK,
          lines,
          Map.of("letters", letters.stream().map(DeadLetters.Letter::outline).toList()));
    }
  }

  /** {@code dead-letters show}. */
  @CommandLine.Command(
      name = "show",
      description = "Shows the rows of tables that were put aside, with their values.",
      footerHeading = "%nExample:%n",
      footer = "  tidemark dead-letters show --config tidemark.yaml public.orders")
  static final class Show implements Command {
    @Mixin private PipelineChoice choice;

    @Parameters(arity = "1..*", paramLabel = "TABLE", description = "As schema.table.")
    private List<String> tables;

    @Override
    public Answer run(Session session) {
      List<DeadLetters.Letter> letters =
          DeadLetters.of(choice, new Wiring(session.environment()), tables);
      List<String> lines = new ArrayList<>();
      for (DeadLetters.Letter letter : letters) {
        lines.add(letter.line());
        if (letter.json().has("before")) {
          lines.add("      before " + letter.json().get("before"));
        }
        lines.add("      values " + letter.json().get("values"));
      }
      return new Answer(
          ExitCode.OK,
          lines.isEmpty() ? List.of(NONE) : lines,
          Map.of("letters", letters.stream().map(DeadLetters.Letter::facts).toList()));
    }
  }

  /** {@code dead-letters replay}. */
  @CommandLine.Command(
      name = "replay",
      description =
          "Gives the rows of tables to the destination again, in the order of the log. What is taken"
              + " now counts from the next commit on; the rest stays aside.",
      footerHeading = "%nExample:%n",
      footer = "  tidemark dead-letters replay --config tidemark.yaml public.orders")
  static final class Replay implements Command {
    @Mixin private PipelineChoice choice;

    @Parameters(arity = "1..*", paramLabel = "TABLE", description = "As schema.table.")
    private List<String> tables;

    @Override
    public Answer run(Session session) {
      ControlClient pipeline = running(choice.setup(new Wiring(session.environment())));
      tables.forEach(pipeline::replayLetters);
      return Answer.ok(
              "The rows of %s are given again; 'dead-letters list' shows what is still not taken."
                  .formatted(String.join(", ", tables)))
          .with("tables", tables);
    }
  }

  /** {@code dead-letters discard}. */
  @CommandLine.Command(
      name = "discard",
      description =
          "Throws the rows of tables away, after asking. The copy lacks them until the table is copied"
              + " again; later changes of their keys are no longer put aside.",
      footerHeading = "%nExample:%n",
      footer = "  tidemark dead-letters discard --config tidemark.yaml public.orders")
  static final class Discard implements Command {
    @Mixin private PipelineChoice choice;

    @Option(names = "--yes", description = "Agree to what is asked.")
    private boolean yes;

    @Parameters(arity = "1..*", paramLabel = "TABLE", description = "As schema.table.")
    private List<String> tables;

    @Override
    public Answer run(Session session) {
      ControlClient pipeline = running(choice.setup(new Wiring(session.environment())));
      String names = String.join(", ", tables);
      if (!session.confirm("Throw the dead letters of " + names + " away for good?", yes)) {
        return new Answer(ExitCode.FAILED, List.of("Nothing was done."), Map.of("done", false));
      }
      tables.forEach(pipeline::discardLetters);
      return Answer.ok("The dead letters of " + names + " are thrown away.").with("tables", tables);
    }
  }

  private static ControlClient running(Setup setup) {
    return ControlClient.find(setup.pipeline().dataDir())
        .orElseThrow(
            () ->
                new TidemarkException(
                    ErrorCode.BUSY,
                    "Cannot change dead letters of pipeline "
                        + setup.pipeline().name()
                        + ": it is not running. Start it with 'tidemark run' first."));
  }
}
