package io.tidemark.app.command;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.app.Wiring;
import io.tidemark.app.bank.BankGenerator;
import io.tidemark.app.bank.BankSchema;
import io.tidemark.app.cli.Answer;
import io.tidemark.app.cli.Command;
import io.tidemark.app.cli.Session;
import io.tidemark.postgres.connect.Connector;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** {@code tidemark generate}: the bank alone, against any PostgreSQL. */
@CommandLine.Command(
    name = "generate",
    description = {
      "Writes to the tables of a bank as a bank would, making them if they are missing. At every"
          + " commit each account's balance equals the sum of its completed amounts.",
      "Runs until it is stopped, unless --once, --rows or --for say otherwise."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  tidemark generate --source postgres://postgres@localhost/bank --rate 200",
      "  tidemark generate --source postgres://postgres@localhost/bank --rows 1000000"
    })
public final class GenerateCommand implements Command {
  private static final Duration REPORT = Duration.ofSeconds(5);

  @Option(
      names = "--source",
      paramLabel = "URL",
      defaultValue = "",
      description =
          "The database: postgres://user@host:port/database. Without it the PG* variables say.")
  private String source;

  @Option(
      names = "--schema",
      paramLabel = "NAME",
      defaultValue = "public",
      description = "Schema of the tables (${DEFAULT-VALUE}).")
  private String schema;

  @Option(
      names = "--once",
      description = "Write one round of about a hundred transactions and end.")
  private boolean once;

  @Option(
      names = "--rows",
      paramLabel = "N",
      description =
          "Write N rows of transactions, with the accounts that belong to them, by COPY and end.")
  private Long bulk;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "50",
      converter = Rates.class,
      description =
          "Transactions per second (${DEFAULT-VALUE}); 0 for as many as the database takes.")
  private double rate;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "The same seed on empty tables writes the same rows (${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--for",
      paramLabel = "TIME",
      converter = Durations.class,
      description = "End after this time: 30s, 5m, 2h.")
  private Duration length;

  @Override
  public Answer run(Session session) throws SQLException {
    requireSense();
    Connector database = new Wiring(session.environment()).database(source);
    long start = System.nanoTime();
    try (BankGenerator generator = new BankGenerator(database::sql, new BankSchema(schema), seed)) {
      generator.open();
      session.stop().whenRequested(generator::stop);
      if (bulk != null) {
        generator.bulk(bulk);
      } else if (once) {
        generator.once();
      } else {
        run(generator, session);
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      return Answer.ok(
              "Wrote %,d rows in %,d transactions to schema %s of %s in %.1f s."
                  .formatted(
                      generator.rows(),
                      generator.transactions(),
                      schema,
                      database.endpoint(),
                      seconds))
          .with("rows", generator.rows())
          .with("transactions", generator.transactions())
          .with("seconds", seconds);
    }
  }

  private void requireSense() {
    if (bulk != null && bulk < 1) {
      throw new TidemarkException(
          ErrorCode.USAGE, "Cannot write " + bulk + " rows: --rows takes a number of 1 or more.");
    }
    if (bulk != null && once) {
      throw new TidemarkException(
          ErrorCode.USAGE, "Cannot do both --once and --rows: give one of them.");
    }
  }

  private void run(BankGenerator generator, Session session) throws SQLException {
    ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    try {
      clock.scheduleAtFixedRate(
          () ->
              session
                  .talk()
                  .printf(
                      "%,d transactions, %,d rows%s%n",
                      generator.transactions(),
                      generator.rows(),
                      generator.problem().map(text -> "; " + text).orElse("")),
          REPORT.toSeconds(),
          REPORT.toSeconds(),
          TimeUnit.SECONDS);
      if (length != null) {
        clock.schedule(generator::stop, length.toMillis(), TimeUnit.MILLISECONDS);
      }
      generator.run(rate);
    } finally {
      clock.shutdownNow();
    }
  }
}
