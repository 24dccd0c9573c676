package io.tidemark.app.command;

import io.tidemark.api.config.Suggestion;
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
import io.tidemark.app.demo.WokenDatabase;
import io.tidemark.app.verify.LiveSides;
import io.tidemark.app.verify.VerifyFacts;
import io.tidemark.app.verify.VerifyLines;
import io.tidemark.app.verify.VerifyPage;
import io.tidemark.duckdb.sink.Keep;
import io.tidemark.duckdb.sink.PublishRequest;
import io.tidemark.engine.transform.TransformChain;
import io.tidemark.engine.verify.RepairReport;
import io.tidemark.engine.verify.Repairer;
import io.tidemark.engine.verify.Verifier;
import io.tidemark.engine.verify.VerifyPlan;
import io.tidemark.engine.verify.VerifyReport;
import io.tidemark.postgres.verify.VerifyLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tidemark verify}: the proof that a copy equals its source. */
@CommandLine.Command(
    name = "verify",
    description = {
      "Proves that a copy equals its source, value by value, while both keep changing, or names the"
          + " rows that differ.",
      "By default the source is read in short rounds, each a range of keys; what differs is looked"
          + " at again at one position, where source and copy must be equal. Exit code 1 when rows"
          + " differ, or when it could not be decided."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  tidemark verify",
      "  tidemark verify --config tidemark.yaml --table public.orders --html report.html",
      "  tidemark verify --config tidemark.yaml --sample 5%% --rate 20000",
      "  tidemark verify --config tidemark.yaml --one-position",
      "  tidemark verify --config tidemark.yaml --repair"
    })
public final class VerifyCommand implements Command {
  @Mixin private PipelineChoice choice;

  @Mixin private SinkChoice sink;

  @Option(
      names = "--table",
      paramLabel = "TABLE",
      description = "Only this table, by its name at the source; can be given again.")
  private List<String> tables = List.of();

  @Option(
      names = "--one-position",
      description =
          "Compare everything at one position, under one snapshot, which holds back vacuum at the"
              + " source as long as it lasts.")
  private boolean onePosition;

  @Option(
      names = "--sample",
      paramLabel = "N%%",
      converter = PercentOption.class,
      defaultValue = "100%",
      description = "Compare only so much of each table, chosen at random.")
  private double sample;

  @Option(
      names = "--rate",
      paramLabel = "ROWS",
      defaultValue = "0",
      description = "Read no more rows a second from the source; 0 (default) for no limit.")
  private long rate;

  @Option(
      names = "--statement-timeout",
      paramLabel = "TIME",
      converter = Durations.class,
      defaultValue = "60s",
      description = "Longest time of one statement at the source (${DEFAULT-VALUE}).")
  private Duration statementTimeout;

  @Option(
      names = "--wait",
      paramLabel = "TIME",
      converter = Durations.class,
      defaultValue = "60s",
      description =
          "How long to wait for transactions that keep a position from being fixed"
              + " (${DEFAULT-VALUE}).")
  private Duration wait;

  @Option(
      names = "--round",
      paramLabel = "ROWS",
      defaultValue = "50000",
      description = "Rows of one round (${DEFAULT-VALUE}).")
  private int round;

  @Option(
      names = "--repair",
      description =
          "Mend what differs, through the running pipeline: the keys that differ are written anew,"
              + " tables where no single keys can be named are copied again. Then it is compared"
              + " again.")
  private boolean repair;

  @Option(names = "--html", paramLabel = "FILE", description = "Write the report to this file too.")
  private Path html;

  @Override
  public Answer run(Session session) throws IOException {
    if (round < 1 || rate < 0) {
      throw new TidemarkException(
          ErrorCode.USAGE, "Cannot verify: --round is 1 or more, --rate 0 or more. Mend them.");
    }
    Wiring wiring = new Wiring(session.environment());
    Path file = choice.file();
    Setup setup = wiring.load(file);
    RepairReport report = verified(session, wiring, file, setup);
    requireFound(report.found());
    if (html != null) {
      Files.writeString(html, VerifyPage.of(report, setup.pipeline().name(), Instant.now()));
    }
    return new Answer(
        report.isEqual() ? ExitCode.OK : ExitCode.FAILED,
        VerifyLines.of(report),
        VerifyFacts.of(report));
  }

  private RepairReport verified(Session session, Wiring wiring, Path file, Setup setup) {
    Setup.Copy copy = sink.copy(setup);
    if (copy instanceof Setup.DuckDbFile duckdb && duckdb.config().isFile()) {
      return verified(session, wiring, file, setup, duckdb);
    } else if (copy instanceof Setup.Database copied) {
      return verified(session, wiring, file, setup, copied);
    }
    return verified(session, wiring, file, setup, sink.lake(setup));
  }

  private RepairReport verified(
      Session session, Wiring wiring, Path file, Setup setup, Setup.Database copied) {
    try (WokenDatabase database = WokenDatabase.wake(file, setup.source(), wiring)) {
      return verified(
          session,
          setup,
          database,
          new LiveSides.Copy(
              copied.name(),
              false,
              LiveSides.databases(
                  database.copy(copied.config()),
                  setup.transforms(),
                  database.source(),
                  selected())));
    }
  }

  private RepairReport verified(
      Session session, Wiring wiring, Path file, Setup setup, Setup.Lake lake) {
    try (StoppedDemo demo = StoppedDemo.wake(file, lake.config());
        WokenDatabase database = WokenDatabase.wake(file, setup.source(), wiring)) {
      return verified(
          session,
          setup,
          database,
          new LiveSides.Copy(
              lake.name(),
              true,
              LiveSides.lakes(
                  demo.lake(), setup.transforms(), database.source(), selected(), scratch(setup))));
    }
  }

  private RepairReport verified(
      Session session, Wiring wiring, Path file, Setup setup, Setup.DuckDbFile duckdb) {
    try (WokenDatabase database = WokenDatabase.wake(file, setup.source(), wiring);
        PublishRequest publishing = PublishRequest.to(duckdb.config())) {
      return verified(
          session,
          setup,
          database,
          new LiveSides.Copy(
              duckdb.name(),
              duckdb.config().keep() != Keep.CURRENT,
              LiveSides.files(
                  publishing, setup.transforms(), database.source(), selected(), scratch(setup))));
    }
  }

  private RepairReport verified(
      Session session, Setup setup, WokenDatabase database, LiveSides.Copy copy) {
    LiveSides sides =
        new LiveSides(
            database.source(),
            session.environment(),
            setup.pipeline().dataDir(),
            copy,
            new VerifyLimits(rate, statementTimeout),
            wait);
    TransformChain transforms = new TransformChain(setup.transforms());
    return repair
        ? new Repairer(sides, transforms, plan()).run()
        : RepairReport.without(new Verifier(sides, transforms, plan()).run());
  }

  private static Path scratch(Setup setup) {
    return setup.pipeline().dataDir().resolve("query");
  }

  private VerifyPlan plan() {
    return new VerifyPlan(
        selected(),
        onePosition ? VerifyPlan.Mode.ONE_POSITION : VerifyPlan.Mode.ROUNDS,
        sample,
        new SecureRandom().nextInt(1_000_000),
        round);
  }

  private Predicate<TableName> selected() {
    Set<TableName> named = new TreeSet<>();
    tables.forEach(table -> named.add(TableName.parse(table)));
    return named.isEmpty() ? any -> true : named::contains;
  }

  private void requireFound(VerifyReport report) {
    if (report.tables().isEmpty() && tables.isEmpty()) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "Cannot verify: the copy has no table yet. Start its pipeline first, and wait until status"
              + " says 'member'.");
    }
    List<String> found = report.tables().stream().map(table -> table.table()).toList();
    List<String> missing = new ArrayList<>();
    for (String table : tables) {
      if (!found.contains(TableName.parse(table).toString())) {
        missing.add(table);
      }
    }
    if (!missing.isEmpty()) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "Cannot find table '" + missing.get(0) + "' in the copy" + Suggestion.of("", found));
    }
  }
}
