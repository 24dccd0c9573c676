package io.tidemark.app.command;

import io.tidemark.app.Wiring;
import io.tidemark.app.cli.Answer;
import io.tidemark.app.cli.Command;
import io.tidemark.app.cli.ExitCode;
import io.tidemark.app.cli.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemark dead-letters}: rows that a sink did not take, see {@code on-reject}. */
@CommandLine.Command(
    name = "dead-letters",
    description = {
      "Shows the rows that a destination did not take and that were put aside, changes their values,"
          + " gives them again, or throws them away.",
      "They are kept in the copy's state, with everything needed to give them again; on-reject in the"
          + " configuration says what becomes of a row that is not taken. Where the pipeline does not"
          + " run, they are changed in the copy itself."
    },
    subcommands = {
      DeadLettersCommand.Listing.class,
      DeadLettersCommand.Show.class,
      DeadLettersCommand.Edit.class,
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
      description =
          "Shows the rows of tables that were put aside, or of all, with their values. With --json"
              + " everything that is kept of each.",
      footerHeading = "%nExample:%n",
      footer = "  tidemark dead-letters show --config tidemark.yaml public.orders")
  static final class Show implements Command {
    @Mixin private PipelineChoice choice;

    @Parameters(arity = "0..*", paramLabel = "TABLE", description = "As schema.table.")
    private List<String> tables = List.of();

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
        if (letter.json().has("edited")) {
          lines.add("      as the source gave it " + letter.json().at("/edited/given"));
        }
      }
      return new Answer(
          ExitCode.OK,
          lines.isEmpty() ? List.of(NONE) : lines,
          Map.of("letters", letters.stream().map(DeadLetters.Letter::facts).toList()));
    }
  }

  /** {@code dead-letters edit}. */
  @CommandLine.Command(
      name = "edit",
      description = {
        "Changes values of one row that was put aside. It stays aside until it is given again, and"
            + " keeps what the source gave; 'verify' will say that the copy differs.",
        "Without --values the editor that VISUAL or EDITOR names is opened."
      },
      footerHeading = "%nExample:%n",
      footer =
          "  tidemark dead-letters edit --config tidemark.yaml public.orders 16/B374D848-3"
              + " --values '{\"price\": \"9.90\"}'")
  static final class Edit implements Command {
    @Mixin private PipelineChoice choice;

    @Option(
        names = "--sink",
        paramLabel = "NAME",
        description = "Only the letter of this sink; else of every sink that has it.")
    private String sink;

    @Option(
        names = "--values",
        paramLabel = "JSON",
        description = "Column names to values, as one JSON object.")
    private String values;

    @Parameters(index = "0", paramLabel = "TABLE", description = "As schema.table.")
    private String table;

    @Parameters(index = "1", paramLabel = "PLACE", description = "As the list shows it.")
    private String place;

    @Override
    public Answer run(Session session) {
      Wiring wiring = new Wiring(session.environment());
      LetterWork work = LetterWork.of(choice, wiring);
      Optional<String> wanted = Optional.ofNullable(values);
      if (wanted.isEmpty()) {
        DeadLetters.Letter letter = work.letter(table, place, Optional.ofNullable(sink));
        wanted = LetterEditor.changed(letter.json().get("values"), session.environment());
        if (wanted.isEmpty()) {
          return Answer.ok("Nothing was changed.").with("changed", false);
        }
      }
      work.edit(Optional.ofNullable(sink), table, place, wanted.get());
      return Answer.ok(
              "Row %s of %s is changed and still waits; 'dead-letters replay' gives it again."
                  .formatted(place, table))
          .with("changed", true);
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
      LetterWork work = LetterWork.of(choice, new Wiring(session.environment()));
      tables.forEach(work::replay);
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
      LetterWork work = LetterWork.of(choice, new Wiring(session.environment()));
      String names = String.join(", ", tables);
      if (!session.confirm("Throw the dead letters of " + names + " away for good?", yes)) {
        return new Answer(ExitCode.FAILED, List.of("Nothing was done."), Map.of("done", false));
      }
      tables.forEach(work::discard);
      return Answer.ok("The dead letters of " + names + " are thrown away.").with("tables", tables);
    }
  }
}
