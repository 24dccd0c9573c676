package io.tidemark.app.command;

import io.tidemark.app.cli.Answer;
import io.tidemark.app.cli.Command;
import io.tidemark.app.cli.ExitCode;
import io.tidemark.app.cli.Session;
import io.tidemark.app.demo.Demo;
import io.tidemark.app.demo.DemoOptions;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** {@code tidemark demo}: everything at once, on this machine. */
@CommandLine.Command(
    name = "demo",
    description = {
      "Shows what Tidemark does: starts a PostgreSQL, lets a bank do business in it, and copies"
          + " every change to Parquet files, or where --to says.",
      "Ctrl-C stops it; starting it again goes on where it was."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  tidemark demo",
      "  tidemark demo --for 30s --rate 500",
      "  tidemark demo --s3 --data /tmp/demo",
      "  tidemark demo --to duckdb",
      "  tidemark demo --to postgres",
      "  tidemark demo --source postgres://postgres@localhost/shop"
    })
public final class DemoCommand implements Command {
  @Option(
      names = "--data",
      paramLabel = "DIR",
      defaultValue = "tidemark-data",
      description = "Where everything goes (./${DEFAULT-VALUE}).")
  private Path data;

  @Option(
      names = "--for",
      paramLabel = "TIME",
      converter = Durations.class,
      description = "End after this time: 30s, 5m, 2h.")
  private Duration length;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "100",
      converter = Rates.class,
      description =
          "Transactions per second (${DEFAULT-VALUE}); 0 for as many as the database takes.")
  private double rate;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of all that is random (${DEFAULT-VALUE}).")
  private long seed;

  @Option(names = "--s3", description = "Copy to an S3 server in this process instead of a folder.")
  private boolean s3;

  @Option(
      names = "--to",
      paramLabel = "KIND",
      converter = Kinds.class,
      description =
          "Make this copy, parquet, duckdb or postgres; may be given again. Without it parquet.")
  private List<DemoOptions.Kind> to = List.of();

  @Option(
      names = "--source",
      paramLabel = "URL",
      description = "Use this PostgreSQL, in a schema " + DemoOptions.SCHEMA + " alone.")
  private String source;

  @Option(names = "--yes", description = "Agree to what is asked.")
  private boolean yes;

  @Override
  public Answer run(Session session) throws SQLException, InterruptedException {
    if (source != null
        && !session.confirm(
            "Make schema %s, publications and slot %s in that database, and write to the schema?"
                .formatted(DemoOptions.SCHEMA, DemoOptions.SCHEMA),
            yes)) {
      return new Answer(ExitCode.FAILED, List.of("Nothing was done."), Map.of("done", false));
    }
    return new Demo(
            session,
            new DemoOptions(
                data,
                Optional.ofNullable(length),
                rate,
                seed,
                s3 ? DemoOptions.Storage.S3 : DemoOptions.Storage.FOLDER,
                to.isEmpty() ? List.of(DemoOptions.Kind.PARQUET) : to.stream().distinct().toList(),
                Optional.ofNullable(source)))
        .run();
  }
}
