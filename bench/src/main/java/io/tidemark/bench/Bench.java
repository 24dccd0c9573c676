package io.tidemark.bench;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command behind {@code bench/run}. */
@Command(
    name = "bench/run",
    description = "Measured comparisons with peers, side by side in one run.",
    subcommands = {CaptureCommand.class, DatabasesCommand.class},
    mixinStandardHelpOptions = true)
public final class Bench {
  private Bench() {}

  public static void main(String[] args) {
    System.exit(new CommandLine(new Bench()).execute(args));
  }
}
