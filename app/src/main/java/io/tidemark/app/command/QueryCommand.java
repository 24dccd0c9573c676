package io.tidemark.app.command;

import io.tidemark.api.copy.CopiedTable;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.app.Setup;
import io.tidemark.app.Wiring;
import io.tidemark.app.cli.Answer;
import io.tidemark.app.cli.Command;
import io.tidemark.app.cli.Session;
import io.tidemark.app.demo.StoppedDemo;
import io.tidemark.app.lake.LakeCopy;
import io.tidemark.duckdb.DuckDbOptions;
import io.tidemark.duckdb.DuckDbQuery;
import io.tidemark.duckdb.QueryResult;
import io.tidemark.duckdb.TextTable;
import io.tidemark.parquet.state.AsOf;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemark query}: SQL over a copy. */
@CommandLine.Command(
    name = "query",
    description = {
      "Answers SQL over a copy, also while it is being written, with the embedded DuckDB.",
      "Each table is two views: its current rows under its own name, and all its changes under its"
          + " name with _changes behind it. tidemark and tidemark_tables say how far the copy is."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  tidemark query \"SELECT count(*) FROM accounts\"",
      "  tidemark query --as-of 2026-11-21T12:00:00Z \"SELECT sum(balance) FROM accounts\"",
      "  tidemark query --config tidemark.yaml --json \"SELECT * FROM public.orders LIMIT 10\""
    })
public final class QueryCommand implements Command {
  @Mixin private PipelineChoice choice;

  @Option(
      names = "--as-of",
      paramLabel = "TIDEMARK|TIME",
      converter = AsOfOption.class,
      description = "The copy as it was then, instead of the newest.")
  private AsOf asOf = AsOf.LATEST;

  @Mixin private SinkChoice sink;

  @Parameters(paramLabel = "SQL", description = "One statement that reads.")
  private String sql;

  @Override
  public Answer run(Session session) throws IOException {
    Wiring wiring = new Wiring(session.environment());
    Path file = choice.file();
    Setup setup = wiring.load(file);
    Path scratch = setup.pipeline().dataDir().resolve("query");
    try (StoppedDemo demo = StoppedDemo.wake(file, sink.lake(setup).config());
        LakeCopy copy = LakeCopy.open(demo.lake(), setup.transforms(), asOf, scratch)) {
      answer(session, copy, scratch);
    }
    return Answer.printed();
  }

  private void answer(Session session, LakeCopy copy, Path scratch) throws IOException {
    // a copy on S3 is fetched table by table, so only what the statement may mean is taken
    List<CopiedTable> likely = copy.tables(DuckDbQuery.mayRead(sql));
    boolean all = likely.size() == copy.state().schemas().size();
    try (DuckDbQuery query = open(copy, likely, scratch)) {
      if (answered(session, query, all)) {
        return;
      }
    }
    // a name that the text does not show, or a wrong one, for which DuckDB names the right one
    try (DuckDbQuery query = open(copy, copy.tables(any -> true), scratch)) {
      answered(session, query, true);
    }
  }

  /** Answers, unless the statement is refused and this is not the last try. */
  private boolean answered(Session session, DuckDbQuery query, boolean last) throws IOException {
    QueryResult result;
    try {
      result = query.run(sql);
    } catch (TidemarkException e) {
      if (last || e.code() != ErrorCode.QUERY) {
        throw e;
      }
      return false;
    }
    try (result) {
      print(session, result);
    }
    return true;
  }

  private static DuckDbQuery open(LakeCopy copy, List<CopiedTable> tables, Path scratch) {
    return DuckDbQuery.open(
        copy.tidemark(),
        copy.committedAtMicros(),
        tables,
        DuckDbOptions.standard(scratch.resolve("spill")));
  }

  private static void print(Session session, QueryResult result) throws IOException {
    result.notices().forEach(session.err()::println);
    Writer out = new BufferedWriter(new OutputStreamWriter(session.out(), StandardCharsets.UTF_8));
    if (session.json()) {
      result.writeJson(out);
      out.write('\n');
    } else {
      result.writeTable(out, TextTable.Layout.STANDARD);
    }
    out.flush();
  }
}
