package io.tidemark.app.demo;

import io.tidemark.api.model.TableName;
import io.tidemark.app.cli.Answer;
import io.tidemark.app.cli.ExitCode;
import io.tidemark.app.live.PipelineFacts;
import io.tidemark.app.live.Sizes;
import io.tidemark.app.live.StatusLines;
import io.tidemark.engine.pipeline.PipelineStatus;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What a demo says at its end. */
final class DemoReport {
  private static final Path STANDARD = Path.of("tidemark-data");

  private DemoReport() {}

  /**
   * @param current rows that the tables of the copy have now, where they were counted
   */
  static Answer of(PipelineStatus status, DemoOptions options, Map<TableName, Long> current) {
    return new Answer(
        ExitCode.OK, lines(status, options, current), PipelineFacts.of(status, current));
  }

  private static List<String> lines(
      PipelineStatus status, DemoOptions options, Map<TableName, Long> current) {
    String data = options.data().normalize().equals(STANDARD) ? "" : " --data " + options.data();
    List<String> lines = new ArrayList<>();
    lines.add("");
    lines.add(
        "Captured %s changes and wrote %s rows to %s files. The copy is complete up to %s."
            .formatted(
                Sizes.count(status.changesCaptured()),
                Sizes.count(status.rowsWritten()),
                Sizes.count(status.files()),
                status.tidemark()));
    lines.addAll(StatusLines.counted(status, current));
    lines.add("");
    lines.add("Next:");
    lines.add(
        "  ./tidemark query"
            + data
            + " \"SELECT currency, count(*), sum(balance) FROM accounts GROUP BY currency\"");
    if (options.copies().contains(DemoOptions.Kind.PARQUET)) {
      lines.add(
          "  ./tidemark query"
              + data
              + " \"SELECT _op, _committed_at, * FROM transactions_changes ORDER BY _lsn DESC LIMIT 10\"");
      lines.add("  ./tidemark verify" + data + "   # proves that the copy equals the source");
    }
    if (options.copies().contains(DemoOptions.Kind.DUCKDB)) {
      lines.add(
          "  duckdb "
              + options.data().resolve("bank.duckdb")
              + " \"SELECT currency, count(*), sum(balance) FROM public.accounts GROUP BY"
              + " currency\"");
    }
    if (options.copies().contains(DemoOptions.Kind.POSTGRES)) {
      lines.add(
          "  psql   # with the url of the copy in "
              + options.data().resolve("tidemark.yaml")
              + ", while a demo runs");
    }
    lines.add("  ./tidemark demo" + data + again(options));
    if (options.source().isPresent()) {
      lines.add(
          "  ./tidemark drop" + data + "   # its slot holds your server's log back until then");
    }
    lines.add("  ./tidemark init   # for a database of your own");
    return lines;
  }

  private static String again(DemoOptions options) {
    String to =
        options.copies().equals(List.of(DemoOptions.Kind.PARQUET))
            ? ""
            : options.copies().stream()
                .map(kind -> " --to " + kind.word())
                .collect(Collectors.joining());
    String s3 = options.storage() == DemoOptions.Storage.S3 ? " --s3" : "";
    String source = options.source().isPresent() ? " --source ..." : "";
    return to + s3 + source + "   # goes on where it was";
  }
}
