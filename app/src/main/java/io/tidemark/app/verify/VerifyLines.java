package io.tidemark.app.verify;

import io.tidemark.api.config.OptionType;
import io.tidemark.app.live.Sizes;
import io.tidemark.engine.verify.Difference;
import io.tidemark.engine.verify.RepairReport;
import io.tidemark.engine.verify.RepairReport.RepairedTable;
import io.tidemark.engine.verify.TableReport;
import io.tidemark.engine.verify.TableReport.Verdict;
import io.tidemark.engine.verify.VerifyPlan;
import io.tidemark.engine.verify.VerifyReport;
import java.util.ArrayList;
import java.util.List;

/** What was found, for a person. */
public final class VerifyLines {
  private static final String ROW = "  %-28s %-10s %14s %7s %10s %8s";

  private VerifyLines() {}

  /** The report, line by line. */
  public static List<String> of(RepairReport report) {
    List<String> lines = of(report.found());
    if (!report.tables().isEmpty()) {
      lines.add("");
      lines.addAll(repair(report));
    }
    return lines;
  }

  /** What was done about what differed, and what came of it. */
  static List<String> repair(RepairReport report) {
    List<String> lines = new ArrayList<>();
    report.tables().forEach(table -> lines.add(table.table() + ": " + done(table)));
    if (report.history()) {
      lines.add(
          "The history was not mended: which of its changes are missing or too many cannot be told."
              + " What was written anew has _xid 0 in it.");
    }
    report
        .after()
        .ifPresent(
            after -> {
              for (TableReport table : after.tables()) {
                if (table.verdict() != Verdict.EQUAL) {
                  lines.add(table.table() + " after that: " + OptionType.word(table.verdict()));
                  details(table).forEach(line -> lines.add("    " + line));
                }
              }
              lines.add("Compared again: " + sentence(after));
            });
    return lines;
  }

  private static String done(RepairedTable table) {
    return switch (table.way()) {
      case REWRITTEN ->
          "%s keys written anew as of %s".formatted(Sizes.count(table.keys()), table.position());
      case COPIED_AGAIN -> "copied again";
      case LEFT -> "left as it is: " + table.reason();
    };
  }

  private static List<String> of(VerifyReport report) {
    List<String> lines = new ArrayList<>();
    lines.add(
        ROW.formatted("table", "verdict", "rows compared", "rounds", "differing", "time")
            .stripTrailing());
    for (TableReport table : report.tables()) {
      lines.add(
          ROW.formatted(
                  table.table(),
                  OptionType.word(table.verdict()),
                  Sizes.count(table.rows()),
                  Sizes.count(table.ranges()),
                  (table.atLeast() ? ">" : "") + Sizes.count(table.differing()),
                  Sizes.seconds(table.millis() / 1000.0))
              .stripTrailing());
      details(table).forEach(line -> lines.add("    " + line));
    }
    lines.add("");
    lines.add(load(report));
    lines.add(sentence(report));
    return lines;
  }

  /** All that is to be said of one table beside the numbers. */
  static List<String> details(TableReport table) {
    List<String> lines = new ArrayList<>();
    if (!table.reason().isEmpty()) {
      lines.add(table.reason());
    }
    table.notes().forEach(note -> lines.add("not compared: " + note));
    if (table.parked() > 0) {
      lines.add(
          "excepted: %s rows that wait as dead letters".formatted(Sizes.count(table.parked())));
    }
    table.differences().forEach(difference -> lines.add(text(difference)));
    if (table.differing() > table.differences().size() && !table.differences().isEmpty()) {
      lines.add("... the first %d are named".formatted(table.differences().size()));
    }
    return lines;
  }

  private static String text(Difference difference) {
    String kind =
        switch (difference.kind()) {
          case MISSING -> "missing in the copy";
          case EXTRA -> "only in the copy";
          case CHANGED -> "other values";
        };
    String row =
        difference.key().isEmpty()
            ? "a row without a key, " + Sizes.count(difference.rows()) + " times"
            : "key (" + String.join(", ", difference.key()) + ")";
    return kind
        + ": "
        + row
        + (difference.columns().isEmpty() ? "" : " in " + String.join(", ", difference.columns()));
  }

  /** What it cost the source. */
  static String load(VerifyReport report) {
    return "Load on the source: %s statements of together %s over %s rows%s."
        .formatted(
            Sizes.count(report.load().statements()),
            Sizes.seconds(report.load().millis() / 1000.0),
            Sizes.count(report.load().rows()),
            report.heldMillis() == 0
                ? "; vacuum was not held back"
                : "; one snapshot held back vacuum for "
                    + Sizes.seconds(report.heldMillis() / 1000.0));
  }

  /** The outcome in one sentence. */
  static String sentence(VerifyReport report) {
    String share =
        report.plan().sample() < 1
            ? " in a sample of %s %% (seed %d)"
                .formatted(Sizes.percent(report.plan().sample()), report.plan().seed())
            : "";
    String where =
        report.plan().mode() == VerifyPlan.Mode.ONE_POSITION || !report.position().isEmpty()
            ? " at " + report.position()
            : "";
    String counts =
        "%d tables equal%s, %d excepted"
            .formatted(report.count(Verdict.EQUAL), share, report.count(Verdict.EXCEPTED));
    if (report.count(Verdict.DIFFERENT) > 0) {
      return "DIFFERENT: %d tables differ%s; %d undecided, %s. Mend it with 'tidemark verify --repair'."
          .formatted(
              report.count(Verdict.DIFFERENT), where, report.count(Verdict.UNDECIDED), counts);
    }
    if (report.count(Verdict.UNDECIDED) + report.count(Verdict.EQUAL) == 0) {
      return "NOTHING COMPARED: " + counts + ".";
    }
    return report.count(Verdict.UNDECIDED) > 0
        ? "UNDECIDED: %d tables could not be decided; %s."
            .formatted(report.count(Verdict.UNDECIDED), counts)
        : "EQUAL: %s, in %s.".formatted(counts, Sizes.seconds(report.millis() / 1000.0));
  }
}
