package io.tidemark.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/** Prints what readers took side by side. */
final class MeasureTable {
  private final PrintStream out;

  MeasureTable(PrintStream out) {
    this.out = out;
  }

  /** Says on what this runs. */
  void machine(long rows) throws IOException {
    Path cpu = Path.of("/proc/cpuinfo");
    String model =
        Files.exists(cpu)
            ? Files.readAllLines(cpu).stream()
                .filter(line -> line.startsWith("model name"))
                .findFirst()
                .orElse("")
            : "";
    out.printf(
        Locale.ROOT,
        "%d cores%s, Java %s, %d rows%n",
        Runtime.getRuntime().availableProcessors(),
        model.replaceFirst(".*:", ","),
        Runtime.version(),
        rows);
  }

  /**
   * Prints one comparison.
   *
   * @param ceiling what the others are compared with
   */
  void print(String title, Map<ReaderKind, Measure> measures, ReaderKind ceiling) {
    String of = "of " + ceiling.word();
    out.printf("%n%-22s %12s %10s %12s %10s%n", title, "rows/s", of, "CPU us/row", "RSS MiB");
    measures.forEach(
        (kind, measure) ->
            out.printf(
                Locale.ROOT,
                "%-22s %,12.0f %10.2f %12s %10s%n",
                kind.title(),
                measure.rate(),
                measures.containsKey(ceiling)
                    ? measure.rate() / measures.get(ceiling).rate()
                    : Double.NaN,
                measure.isOfOneProcess()
                    ? String.format(Locale.ROOT, "%.2f", measure.cpuMicros())
                    : "",
                measure.isOfOneProcess() ? measure.peakMib() : ""));
  }

  /** A ratio as it is written down. */
  static double ratio(double a, double b) {
    return rounded(a / b);
  }

  /** To three places. */
  static double rounded(double value) {
    return Math.round(value * 1000) / 1000.0;
  }
}
