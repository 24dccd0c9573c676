package io.tidemark.snowflake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.testkit.Batches;
import io.tidemark.testkit.Form;
import io.tidemark.testkit.SinkSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every statement of the sink is Snowflake's SQL, judged by a parser of that dialect which knows
 * nothing of this project (sqlglot, which fakesnow is built on). It is fetched from PyPI; where
 * that cannot be had the test is left out by name.
 */
class DialectTest {
  private static final String PARSER = "sqlglot==30.22.0";

  /** Fails with the statements that are not understood whole. */
  private static final String PROGRAM =
      """
      import json, sys
      import sqlglot
      from sqlglot import exp
      wrong = []
      for sql in json.load(open(sys.argv[1])):
          try:
              tree = sqlglot.parse_one(sql, dialect="snowflake", error_level=sqlglot.ErrorLevel.RAISE)
              if isinstance(tree, exp.Command):
                  wrong.append("not understood: " + sql)
          except sqlglot.errors.SqlglotError as e:
              wrong.append(str(e).splitlines()[0] + ": " + sql)
      print("\\n".join(wrong))
      sys.exit(1 if wrong else 0)
      """;

  @TempDir Path folder;

  private record Ended(int status, String out) {}

  private static Ended call(String... command) throws Exception {
    Path out = Files.createTempFile("tidemark-python-", ".txt");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(out.toFile())
              .start();
      if (!process.waitFor(2, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        return new Ended(-1, "no end within 2 minutes");
      }
      return new Ended(process.exitValue(), Files.readString(out));
    } catch (IOException e) {
      return new Ended(-1, e.getMessage());
    } finally {
      Files.delete(out);
    }
  }

  /** A Python that has the parser, kept for the next time. */
  private static String python() throws Exception {
    Path kept = Path.of("target", "python").toAbsolutePath();
    Path python = kept.resolve("bin").resolve("python");
    if (call(python.toString(), "-c", "import sqlglot").status() != 0) {
      Ended made = call("python3", "-m", "venv", kept.toString());
      assumeTrue(made.status() == 0, "left out: no python3 with venv: " + made.out());
      Ended fetched =
          call(python.toString(), "-m", "pip", "--retries", "0", "-q", "install", PARSER);
      assumeTrue(fetched.status() == 0, "left out: no " + PARSER + " from PyPI: " + fetched.out());
    }
    return python.toString();
  }

  @Test
  void everyStatementIsOfSnowflakesDialect() throws Exception {
    List<String> said = said();
    assertThat(said).hasSizeGreaterThan(60);
    Path statements = folder.resolve("said.json");
    Files.writeString(statements, new ObjectMapper().writeValueAsString(said));
    Path program = Files.writeString(folder.resolve("parse.py"), PROGRAM);
    String python = python();
    Ended parsed = call(python, program.toString(), statements.toString());
    assertThat(parsed.status()).as(parsed.out()).isZero();

    Files.writeString(
        statements,
        new ObjectMapper()
            .writeValueAsString(List.of("MERGE INTO a USING b ON", "SHOUT AT a LOUDLY")));
    Ended planted = call(python, program.toString(), statements.toString());
    assertThat(planted.status()).as("what is wrong is found").isEqualTo(1);
    assertThat(planted.out()).contains("MERGE INTO a USING b ON", "SHOUT AT a");
  }

  /** The statements of a history that has everything which takes statements of its own. */
  private List<String> said() throws Exception {
    TableSchema docs =
        Form.of("public.docs")
            .key("id", Form.BIGINT)
            .column("body", Form.TEXT)
            .column("price", Form.MONEY)
            .column("at", Form.TIMESTAMPTZ)
            .column("doc", new DataType.Json())
            .column("bin", new DataType.Bytes())
            .column("tags", new DataType.ListOf(Form.TEXT))
            .schema();
    TableSchema next =
        Form.next(docs)
            .rename("body", "text")
            .drop("bin")
            .retype("price", new DataType.Decimal(20, 2))
            .retype("tags", new DataType.Text())
            .column("n", Form.BIGINT, "7")
            .schema();
    TableSchema words =
        Form.of("public.words").column("word", Form.TEXT).identity(ReplicaIdentity.FULL).schema();
    TableSchema parts = Form.of("public.parts").key("id", Form.BIGINT).partitioned().schema();
    ChangeBatch odd =
        Batches.of(docs)
            .at(200)
            .update(1L, Batches.UNCHANGED, new Batches.Raw("NaN"))
            .update(3L, Batches.UNCHANGED)
            .oldKey(2L)
            .delete(3L)
            .batch();
    try (StandInFixture destination = new StandInFixture(folder)) {
      try (SinkSession session = SinkSession.open(destination)) {
        session.phase(docs.name(), Phase.COPYING);
        session.stage(Batches.of(docs).at(99).attempt().read(1L, "a").read(2L, "b").batch());
        session.stage(Batches.of(words).at(100).insert("x").insert("x").batch());
        session.stage(Batches.of(parts).at(100, 5).insert(1L).leaf("public.p1").batch());
        session.flush(150).phase(docs.name(), Phase.MEMBER).stage(odd).flush(210);
        session.stage(Batches.of(words).at(220).delete("x").batch());
        session.stage(Batches.of(parts).at(230).truncate().leaf("public.p1").truncate().batch());
        session.stage(Batches.of(next).at(240).update(1L, "new").batch()).flush(250);
      }
      try (SinkSession session = SinkSession.open(destination)) {
        assertThat(session.opened().epoch()).isEqualTo(2);
      }
      // PUT is written by the driver's session alone, and the parser leaves REMOVE to Snowflake
      return new TreeSet<>(destination.account().said())
          .stream().filter(sql -> !sql.matches("(PUT|REMOVE) .*")).toList();
    }
  }
}
