package io.tidemark.app.live;

import io.tidemark.api.model.TableName;
import io.tidemark.engine.pipeline.PipelineStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;

/** A pipeline's status in lines for a person. Keeps what it needs to tell rates. */
public final class StatusLines {
  private static final int MOST_TABLES = 20;
  private static final int BAR = 20;

  private final Rate written = new Rate();
  private final Rate captured = new Rate();
  private final Rate produced = new Rate();

  /**
   * The whole picture.
   *
   * @param seconds since the command started
   * @param rows rows that a generator has written; empty where the rows come from elsewhere
   */
  public List<String> picture(PipelineStatus status, double seconds, OptionalLong rows) {
    List<String> lines = new ArrayList<>();
    lines.add(line("%s: %s for %s", status.pipeline(), status.state(), Sizes.seconds(seconds)));
    if (!status.problem().isEmpty()) {
      lines.add("  ! " + status.problem());
    }
    if (rows.isPresent()) {
      lines.add(flow("bank", produced.at(seconds, rows.getAsLong()), rows.getAsLong(), "written"));
    }
    lines.add(
        flow(
            "in",
            captured.at(seconds, status.changesCaptured()),
            status.changesCaptured(),
            "captured"));
    lines.add(
        flow("out", written.at(seconds, status.rowsWritten()), status.rowsWritten(), "copied")
            + line(" in %s files, %s", Sizes.count(status.files()), Sizes.bytes(status.bytes())));
    lines.add(
        line(
            "  lag      %s, %s   tidemark %s%s",
            Sizes.bytes(status.lagBytes()),
            Sizes.seconds(status.lagSeconds()),
            status.tidemark(),
            status.tidemarkAt().isEmpty() ? "" : " of " + status.tidemarkAt()));
    for (PipelineStatus.SinkLine sink : status.sinks()) {
      if (!sink.problem().isEmpty()) {
        lines.add(line("  ! %s: %s", sink.name(), sink.problem()));
      }
      if (!sink.upkeep().what().isEmpty()) {
        lines.add(
            line(
                "  %-8s %s %s in %s",
                sink.name(),
                sink.upkeep().what(),
                Sizes.bytes(sink.upkeep().bytes()),
                Sizes.seconds(sink.upkeep().seconds())));
      }
      if (sink.loads().count() > 0) {
        lines.add(
            line(
                "  %-8s loaded %s rows, %s by %d statements in %s; %d loads in %s",
                sink.name(),
                Sizes.count(sink.loads().last().rows()),
                Sizes.bytes(sink.loads().last().bytes()),
                sink.loads().last().statements(),
                Sizes.seconds(sink.loads().last().seconds()),
                sink.loads().count(),
                Sizes.seconds(sink.loads().sum().seconds())));
      }
    }
    lines.add("");
    lines.addAll(tables(status));
    return lines;
  }

  /** All of it in one line. */
  public String line(PipelineStatus status, double seconds) {
    long members = status.tables().stream().filter(table -> table.state().equals("member")).count();
    return line(
        "%s: in %s rows/s (%s), out %s rows/s (%s in %s files), lag %s, %s, tidemark %s, %d of %d"
            + " tables complete%s",
        status.state(),
        Sizes.count(captured.at(seconds, status.changesCaptured())),
        Sizes.count(status.changesCaptured()),
        Sizes.count(written.at(seconds, status.rowsWritten())),
        Sizes.count(status.rowsWritten()),
        Sizes.count(status.files()),
        Sizes.bytes(status.lagBytes()),
        Sizes.seconds(status.lagSeconds()),
        status.tidemark(),
        members,
        status.tables().size(),
        status.problem().isEmpty() ? "" : "; " + status.problem());
  }

  /** One line for each table; those that are complete come last and are cut off first. */
  public static List<String> tables(PipelineStatus status) {
    return tables(status.tables(), MOST_TABLES, "rows written");
  }

  /** One line for each table, however many there are. */
  public static List<String> allTables(PipelineStatus status) {
    return tables(status.tables(), Integer.MAX_VALUE, "rows written");
  }

  /** One line for each table, with the number of rows that it has now as far as it was counted. */
  public static List<String> counted(PipelineStatus status, Map<TableName, Long> current) {
    List<PipelineStatus.Table> tables =
        status.tables().stream()
            .map(table -> withRows(table, current.get(TableName.parse(table.name()))))
            .toList();
    return tables(tables, MOST_TABLES, current.isEmpty() ? "rows written" : "rows");
  }

  private static PipelineStatus.Table withRows(PipelineStatus.Table table, Long rows) {
    return rows == null
        ? table
        : new PipelineStatus.Table(
            table.name(),
            table.state(),
            table.attempt(),
            rows,
            table.rowsCopied(),
            table.rowsExpected(),
            table.reason());
  }

  private static List<String> tables(List<PipelineStatus.Table> tables, int most, String unit) {
    List<PipelineStatus.Table> sorted = new ArrayList<>(tables);
    sorted.sort(java.util.Comparator.comparing(table -> table.state().equals("member")));
    int width = tables.stream().mapToInt(table -> table.name().length()).max().orElse(0);
    List<String> lines = new ArrayList<>();
    for (PipelineStatus.Table table : sorted.subList(0, Math.min(most, sorted.size()))) {
      lines.add(
          line(
              "  %-" + Math.max(1, width) + "s  %-11s  %s",
              table.name(),
              table.state(),
              tail(table, unit)));
    }
    if (sorted.size() > most) {
      lines.add(line("  and %d more", sorted.size() - most));
    }
    return lines;
  }

  private static String tail(PipelineStatus.Table table, String unit) {
    if (!table.reason().isEmpty()) {
      return table.reason();
    }
    if (table.state().equals("copying") && table.rowsExpected() > 0) {
      // the planner's estimate may be too low
      double done = Math.min(1, (double) table.rowsCopied() / table.rowsExpected());
      int full = (int) Math.round(done * BAR);
      return line(
          "[%s%s] %3.0f %%  %s of about %s rows",
          "#".repeat(full),
          ".".repeat(BAR - full),
          done * 100,
          Sizes.count(table.rowsCopied()),
          Sizes.count(table.rowsExpected()));
    }
    return Sizes.count(table.rows()) + " " + unit;
  }

  private static String flow(String name, double rate, long total, String what) {
    return line("  %-7s %9s rows/s   %s %s", name, Sizes.count(rate), Sizes.count(total), what);
  }

  private static String line(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
