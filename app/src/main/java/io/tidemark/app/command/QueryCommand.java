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
          + " name with _changes behind it (a DuckDB file has those that it keeps). tidemark and tidemark_tables say how far the copy is."
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
    if (sink.copy(setup) instanceof Setup.DuckDbFile duckdb) {
      answer(session, duckdb, scratch);
      return Answer.printed();
    }
    if (sink.copy(setup) instanceof Setup.Database copy) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "Cannot query sink '"
              + copy.name()
              + "' by this command: it is a database that answers itself, "
              + copy.place()
              + ". Ask it with psql or any other client of PostgreSQL.");
    }
    try (StoppedDemo demo = StoppedDemo.wake(file, sink.lake(setup).config());
        LakeCopy copy = LakeCopy.open(demo.lake(), setup.transforms(), asOf, scratch)) {
      answer(session, copy, scratch);
    }
    return Answer.printed();
  }

  /** The file has one tidemark; while a pipeline writes it, it is the one published last. */
  private void answer(Session session, Setup.DuckDbFile copy, Path scratch) throws IOException {
    if (!asOf.equals(AsOf.LATEST)) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "Cannot answer as of an earlier tidemark: "
              + copy.place()
              + " holds one. Leave --as-of out, or query a parquet sink.");
    }
    if (!copy.config().isFile()) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "Cannot query "
              + copy.place()
              + " by this command: it is a database of MotherDuck. Ask it with MotherDuck's own"
              + " clients.");
    }
    try (DuckDbQuery query = DuckDbQuery.ofFile(copy.config().readable(), options(scratch))) {
      answered(session, query, true);
    }
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
    return DuckDbQuery.open(copy.tidemark(), copy.committedAtMicros(), tables, options(scratch));
  }

  private static DuckDbOptions options(Path scratch) {
    return DuckDbOptions.standard(scratch.resolve("spill"));
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
