package io.tidemark.app.command;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.TableName;
import io.tidemark.app.Setup;
import io.tidemark.app.Wiring;
import io.tidemark.app.cli.Answer;
import io.tidemark.app.cli.Command;
import io.tidemark.app.cli.ExitCode;
import io.tidemark.app.cli.Session;
import io.tidemark.app.demo.StoppedDemo;
import io.tidemark.app.live.Sizes;
import io.tidemark.engine.control.ControlClient;
import io.tidemark.engine.deadletter.LetterBox;
import io.tidemark.parquet.LakeUpkeep;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tidemark compact}: the upkeep of a lake. */
@CommandLine.Command(
    name = "compact",
    description = {
      "Joins the small files of a lake and ends the retention of old tidemarks. A running pipeline"
          + " joins files by itself, so this is for one that does not run.",
      "With --erase it removes every trace of one key instead, from all files and tidemarks."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  tidemark compact --config tidemark.yaml",
      "  tidemark compact --config tidemark.yaml --keep-tidemarks 100",
      "  tidemark compact --config tidemark.yaml --erase public.customers --key id=42"
    })
public final class CompactCommand implements Command {
  @Mixin private PipelineChoice choice;

  @Mixin private SinkChoice sink;

  @Option(
      names = "--keep-tidemarks",
      paramLabel = "N",
      description = "Commits that stay readable with --as-of; else as the configuration says.")
  private Long keep;

  @Option(
      names = "--erase",
      paramLabel = "TABLE",
      description = "Remove a key that has no row any more; earlier tidemarks become unreadable.")
  private String erase;

  @Option(
      names = "--key",
      paramLabel = "COLUMN=VALUE",
      description = "The key to erase, every column of it, as PostgreSQL writes the value.")
  private Map<String, String> key = Map.of();

  @Option(names = "--yes", description = "Agree to what is asked.")
  private boolean yes;

  @Override
  public Answer run(Session session) {
    Wiring wiring = new Wiring(session.environment());
    Path file = choice.file();
    Setup setup = wiring.load(file);
    if ((erase == null) != key.isEmpty()) {
      throw new TidemarkException(
          ErrorCode.USAGE, "Cannot erase: --erase and --key go together. Give both.");
    }
    if (ControlClient.find(setup.pipeline().dataDir()).isPresent()) {
      throw new TidemarkException(
          ErrorCode.BUSY,
          "Cannot keep up the lake of pipeline "
              + setup.pipeline().name()
              + ": the pipeline is running, and joins small files by itself. Stop it first.");
    }
    if (erase != null
        && !session.confirm(
            "Erase " + key + " of " + erase + ", and with it all earlier tidemarks?", yes)) {
      return new Answer(ExitCode.FAILED, List.of("Nothing was done."), Map.of("done", false));
    }
    try (StoppedDemo demo = StoppedDemo.wake(file, sink.lake(setup).config());
        LakeUpkeep upkeep = LakeUpkeep.open(demo.lake())) {
      return work(upkeep);
    }
  }

  private Answer work(LakeUpkeep upkeep) {
    if (erase != null) {
      requireNoLetters(upkeep, TableName.parse(erase));
      LakeUpkeep.Report report = upkeep.erase(TableName.parse(erase), key);
      String said =
          report.filesBefore() == 0
              ? "No file of %s says anything of that key.".formatted(erase)
              : "Erased it: %d files were written again without it."
                  .formatted(report.filesBefore());
      return answer(said, report);
    }
    LakeUpkeep.Report report = upkeep.compact();
    if (keep != null) {
      upkeep.forget(keep);
    }
    return answer(
        "Joined %s files (%s) to %s (%s)."
            .formatted(
                Sizes.count(report.filesBefore()),
                Sizes.bytes(report.bytesBefore()),
                Sizes.count(report.filesAfter()),
                Sizes.bytes(report.bytesAfter())),
        report);
  }

  /** Rows that were not taken stand in the state with all their values. */
  private static void requireNoLetters(LakeUpkeep upkeep, TableName table) {
    long letters = new LetterBox(upkeep.entries(), (key, value) -> {}).count(table);
    if (letters > 0) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "Cannot erase a key of "
              + table
              + ": "
              + letters
              + " of its rows wait as dead letters and may hold its values. Replay or discard them"
              + " first.");
    }
  }

  private static Answer answer(String said, LakeUpkeep.Report report) {
    return Answer.ok(said)
        .with("filesBefore", report.filesBefore())
        .with("filesAfter", report.filesAfter())
        .with("bytesBefore", report.bytesBefore())
        .with("bytesAfter", report.bytesAfter());
  }
}
