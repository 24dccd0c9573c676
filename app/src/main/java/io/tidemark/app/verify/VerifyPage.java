package io.tidemark.app.verify;

import io.tidemark.api.config.OptionType;
import io.tidemark.app.live.Sizes;
import io.tidemark.engine.verify.RepairReport;
import io.tidemark.engine.verify.TableReport;
import io.tidemark.engine.verify.VerifyReport;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** What was found, as one HTML file that needs nothing else. */
public final class VerifyPage {
  private static final String HEAD =
      """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8"><title>tidemark verify</title>
      <style>
      body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
      table{border-collapse:collapse;width:100%}
      th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8884;vertical-align:top}
      .n{text-align:right;font-variant-numeric:tabular-nums}
      .equal{color:#157347}.different{color:#b02a37;font-weight:600}.undecided{color:#9a6700}
      small{opacity:.8;display:block}
      @media (prefers-color-scheme:dark){body{background:#111;color:#ddd}
      .equal{color:#5dd39e}.different{color:#ff7b86}.undecided{color:#e0b040}}
      </style></head><body>
      """;

  private VerifyPage() {}

  /**
   * The page.
   *
   * @param pipeline its name
   * @param at when it was made
   */
  public static String of(RepairReport repaired, String pipeline, Instant at) {
    VerifyReport report = repaired.found();
    StringBuilder page = new StringBuilder(HEAD);
    page.append("<h1>").append(escaped("Copy and source of " + pipeline)).append("</h1>\n<p>");
    page.append(escaped(VerifyLines.sentence(report))).append("</p>\n<p>");
    page.append(escaped(VerifyLines.load(report))).append("</p>\n<p>");
    page.append(
        escaped(
            "Made at %s. The copy was read at %s%s."
                .formatted(
                    at.truncatedTo(ChronoUnit.SECONDS),
                    report.tidemark(),
                    report.position().isEmpty()
                        ? ""
                        : ", what differed at first at " + report.position())));
    page.append("</p>\n<table><tr><th>Table<th>Verdict<th class=n>Rows compared<th class=n>Rounds");
    page.append("<th class=n>Looked at again<th class=n>Differing<th class=n>Time</tr>\n");
    report.tables().forEach(table -> row(table, page));
    page.append("</table>\n");
    if (!repaired.tables().isEmpty()) {
      page.append("<h2>Repair</h2>\n");
      VerifyLines.repair(repaired)
          .forEach(line -> page.append("<p>").append(escaped(line)).append("</p>\n"));
    }
    return page.append("</body></html>\n").toString();
  }

  private static void row(TableReport table, StringBuilder page) {
    String verdict = OptionType.word(table.verdict());
    page.append("<tr><td>").append(escaped(table.table()));
    VerifyLines.details(table)
        .forEach(line -> page.append("<small>").append(escaped(line)).append("</small>"));
    page.append("<td class=").append(verdict).append('>').append(verdict);
    number(Sizes.count(table.rows()), page);
    number(Sizes.count(table.ranges()), page);
    number(Sizes.count(table.suspects()), page);
    number((table.atLeast() ? ">" : "") + Sizes.count(table.differing()), page);
    number(Sizes.seconds(table.millis() / 1000.0), page);
    page.append("</tr>\n");
  }

  private static void number(String text, StringBuilder page) {
    page.append("<td class=n>").append(escaped(text));
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
