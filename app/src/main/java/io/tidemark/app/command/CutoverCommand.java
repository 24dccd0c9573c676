package io.tidemark.app.command;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.app.Setup;
import io.tidemark.app.Wiring;
import io.tidemark.app.cli.Answer;
import io.tidemark.app.cli.Command;
import io.tidemark.app.cli.ExitCode;
import io.tidemark.app.cli.Session;
import io.tidemark.engine.control.ControlClient;
import io.tidemark.postgres.connect.Connector;
import io.tidemark.postgres.doctor.Doctor;
import io.tidemark.postgres.doctor.NotCaptured;
import io.tidemark.postgres.doctor.PostgresAdmin;
import io.tidemark.postgres.sink.Cutover;
import io.tidemark.postgres.sink.Cutover.Lack;
import io.tidemark.postgres.sink.Cutover.Moved;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tidemark cutover}: makes a copy in a PostgreSQL ready to take the source's place. */
@CommandLine.Command(
    name = "cutover",
    description = {
      "Makes a copy in a PostgreSQL ready to be written to in place of its source, after asking:"
          + " brings it to the end of the source's log, sets its sequences to go on where the"
          + " source's stand, and lists what it lacks, with the SQL that makes it.",
      "Stop whoever writes to the source before; the pipeline runs. Exit code 1 when a table is not"
          + " complete, or somebody wrote meanwhile: then run it again."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  tidemark cutover --config tidemark.yaml",
      "  tidemark cutover --config tidemark.yaml --sink replica --yes --json"
    })
public final class CutoverCommand implements Command {
  @Mixin private PipelineChoice choice;

  @Option(
      names = "--sink",
      paramLabel = "NAME",
      description = "Which copy, where the pipeline has several in PostgreSQL; else the first.")
  private String sink;

  @Option(
      names = "--wait",
      paramLabel = "TIME",
      converter = Durations.class,
      defaultValue = "60s",
      description = "How long the copy may take to come to the source's end (${DEFAULT-VALUE}).")
  private Duration wait;

  @Option(names = "--yes", description = "Agree to what is asked.")
  private boolean yes;

  @Override
  public Answer run(Session session) {
    Wiring wiring = new Wiring(session.environment());
    Setup setup = choice.setup(wiring);
    Setup.Database copy = copy(setup);
    ControlClient pipeline = running(setup);
    String question =
        "Set the sequences of the copy at %s to those of %s?"
            .formatted(copy.place(), setup.source().endpoint());
    if (!session.confirm(question, yes)) {
      return new Answer(ExitCode.FAILED, List.of("Nothing was done."), Map.of("done", false));
    }
    try (Cutover cutover =
        Cutover.of(
            copy.config(), new Connector(setup.source().endpoint(), session.environment()))) {
      return moved(session, setup, copy, pipeline, cutover);
    }
  }

  private Setup.Database copy(Setup setup) {
    List<Setup.Database> copies =
        setup.sinks().stream()
            .filter(Setup.Database.class::isInstance)
            .map(Setup.Database.class::cast)
            .filter(each -> sink == null || each.name().equals(sink))
            .toList();
    if (copies.isEmpty()) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "Cannot move to a copy: the pipeline has no PostgreSQL sink"
              + (sink == null ? "" : " '" + sink + "'")
              + ". Its sinks are "
              + String.join(", ", setup.sinks().stream().map(Setup.Copy::name).toList())
              + ".");
    }
    return copies.get(0);
  }

  private static ControlClient running(Setup setup) {
    return ControlClient.find(setup.pipeline().dataDir())
        .orElseThrow(
            () ->
                new TidemarkException(
                    ErrorCode.USAGE,
                    "Cannot move to a copy: pipeline "
                        + setup.pipeline().name()
                        + " does not run, so the copy does not come to the end of the source's log."
                        + " Start it, and stop it afterwards."));
  }

  private Answer moved(
      Session session, Setup setup, Setup.Database copy, ControlClient pipeline, Cutover cutover) {
    PostgresAdmin source = new PostgresAdmin(setup.source(), session.environment());
    Lsn end = source.slot().head();
    pipeline.flush(Optional.of(end), wait);
    long rows = rowsTaken(pipeline, copy);
    List<String> unfinished = cutover.unfinished();
    if (!unfinished.isEmpty()) {
      return new Answer(
          ExitCode.FAILED,
          List.of(
              "Nothing was done: table "
                  + String.join(", ", unfinished)
                  + ". Wait until 'tidemark status' says member of all, or leave tables out."),
          Map.of("done", false, "unfinished", unfinished));
    }
    List<Moved> sequences = cutover.moveSequences();
    pipeline.flush(Optional.of(source.slot().head()), wait);
    long more = rowsTaken(pipeline, copy) - rows;
    List<NotCaptured> missing = new Doctor(setup.source(), session.environment()).notCaptured();
    return answer(end, sequences, cutover.lacks(), missing, more);
  }

  private static long rowsTaken(ControlClient pipeline, Setup.Database copy) {
    return pipeline.status().sinks().stream()
        .filter(line -> line.name().equals(copy.name()))
        .mapToLong(line -> line.rowsTaken())
        .sum();
  }

  private static Answer answer(
      Lsn end, List<Moved> sequences, List<Lack> lacks, List<NotCaptured> missing, long more) {
    List<String> lines = new ArrayList<>();
    lines.add("The copy holds everything of the source up to " + end + ".");
    sequences.forEach(
        each -> lines.add("Sequence " + each.name() + " gives " + each.next() + " next."));
    if (!lacks.isEmpty()) {
      lines.add("Not as at the source; run this at the copy once the pipeline is stopped:");
      lacks.forEach(
          each -> {
            lines.add("  -- " + each.what());
            if (!each.sql().isEmpty()) {
              lines.add("  " + each.sql() + ";");
            }
          });
    }
    if (!missing.isEmpty()) {
      lines.add("Not captured, to be moved by other means:");
      missing.forEach(each -> lines.add("  " + each.line()));
    }
    lines.add(
        more == 0
            ? "Stop the pipeline and let your programs write to the copy."
            : "Somebody wrote "
                + more
                + " rows to the source meanwhile. Stop who it is, and run this again.");
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("done", more == 0);
    facts.put("position", end.toString());
    facts.put("rowsMeanwhile", more);
    facts.put("sequences", sequences);
    facts.put("lacks", lacks);
    facts.put("notCaptured", missing);
    return new Answer(more == 0 ? ExitCode.OK : ExitCode.FAILED, lines, facts);
  }
}
