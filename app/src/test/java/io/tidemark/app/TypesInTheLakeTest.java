package io.tidemark.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.copy.CopyReader.KeyRange;
import io.tidemark.api.model.TableName;
import io.tidemark.app.lake.LakeCopy;
import io.tidemark.duckdb.DuckDbCopy;
import io.tidemark.duckdb.DuckDbOptions;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import io.tidemark.parquet.ParquetConfig;
import io.tidemark.parquet.state.AsOf;
import io.tidemark.postgres.sink.PostgresCopy;
import io.tidemark.postgres.sink.PostgresLook;
import io.tidemark.postgres.sink.PostgresSinkConfig;
import io.tidemark.testkit.type.TypeCase;
import io.tidemark.testkit.type.TypeCases;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every type and odd value goes through the whole pipeline, by the snapshot and by the stream, into
 * Parquet and into another PostgreSQL, and DuckDB and the server give it back in the text that the
 * source's output function prints.
 */
class TypesInTheLakeTest {
  private static final List<String> PINNED =
      List.of(
          "SET DateStyle = 'ISO, MDY'",
          "SET IntervalStyle = 'postgres'",
          "SET TimeZone = 'UTC'",
          "SET extra_float_digits = 1",
          "SET bytea_output = 'hex'",
          "SET search_path = 'pg_catalog'");

  /** Ids of the rows that come by the stream begin here. */
  private static final int STREAMED = 1000;

  @TempDir Path folder;

  @Test
  void everyValueComesBackAsTheServerPrintsIt() throws Exception {
    compare(Version.V18, "raw", List.of());
  }

  @Test
  @Tag("thorough")
  void everyValueOfAnOldServerTooWithWholeColumnsAsText() throws Exception {
    compare(Version.V15, "text", TypeCases.SETUP);
  }

  /**
   * Compares.
   *
   * @param known what the database of the copy has of its own before it is written to
   */
  private void compare(Version version, String overflow, List<String> known) throws Exception {
    List<String> wrong = new ArrayList<>();
    try (EmbeddedPostgres pg = EmbeddedPostgres.start(version);
        Connection db = pg.connect()) {
      run(db, TypeCases.SETUP);
      run(db, tables(version));
      run(db, inserts(version, 0));
      pg.createDatabase("copy");
      // not what the copy itself makes
      known.stream().filter(sql -> !sql.contains("TABLE")).forEach(sql -> runIn(pg, "copy", sql));
      capture(pg, db, version, overflow);
      Program.Said verified =
          Program.inProcess("verify", "--config", folder.resolve("tidemark.yaml").toString());
      assertThat(verified.status()).as(verified.out() + verified.err()).isZero();
      // plain_row has no key
      assertThat(verified.out()).contains("EQUAL: ", " tables equal, 1 excepted");
      run(db, PINNED);
      try (LakeCopy lake = open(AsOf.LATEST);
          DuckDbCopy copy = copy(lake);
          PostgresCopy database =
              PostgresCopy.open(
                  PostgresSinkConfig.of(pg.uri("copy"), "types"), entries -> List.of())) {
        List<TypeCase> cases = TypeCases.all();
        for (int i = 0; i < cases.size(); i++) {
          if (!cases.get(i).values(version.major()).isEmpty()) {
            List<List<String>> inLake = new ArrayList<>();
            copy.rows(new TableName("public", "t" + i), KeyRange.ALL).forEachRemaining(inLake::add);
            List<List<String>> atSource = source(db, i);
            assertThat(atSource).hasSize(2 * (cases.get(i).values(version.major()).size() + 1));
            wrong.addAll(differences(cases.get(i).type(), atSource, inLake));
            List<List<String>> inCopy = new ArrayList<>();
            database
                .rows(new TableName("public", "t" + i), KeyRange.ALL)
                .forEachRemaining(inCopy::add);
            wrong.addAll(differences(cases.get(i).type() + " in a copy", atSource, inCopy));
          }
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  private static List<String> differences(
      String type, List<List<String>> atSource, List<List<String>> inLake) {
    List<String> found = new ArrayList<>();
    if (atSource.size() != inLake.size()) {
      found.add(type + ": " + atSource.size() + " rows at the source, " + inLake.size());
      return found;
    }
    for (int row = 0; row < atSource.size(); row++) {
      if (!atSource.get(row).equals(inLake.get(row))) {
        found.add(type + ": " + start(atSource.get(row)) + " came as " + start(inLake.get(row)));
      }
    }
    return found;
  }

  private static String start(List<String> row) {
    return row.toString().substring(0, Math.min(200, row.toString().length()));
  }

  private static List<String> tables(Version version) {
    List<String> sql = new ArrayList<>();
    List<TypeCase> cases = TypeCases.all();
    for (int i = 0; i < cases.size(); i++) {
      if (!cases.get(i).values(version.major()).isEmpty()) {
        sql.add("CREATE TABLE t" + i + " (id int PRIMARY KEY, v " + cases.get(i).type() + ")");
      }
    }
    return sql;
  }

  private static List<String> inserts(Version version, int first) {
    List<String> sql = new ArrayList<>();
    List<TypeCase> cases = TypeCases.all();
    for (int i = 0; i < cases.size(); i++) {
      List<TypeCase.Value> values = cases.get(i).values(version.major());
      for (int at = 0; at < values.size(); at++) {
        sql.add(
            "INSERT INTO t" + i + " VALUES (" + (first + at) + ", " + values.get(at).sql() + ")");
      }
      if (!values.isEmpty()) {
        sql.add("INSERT INTO t" + i + " VALUES (" + (first + values.size()) + ", NULL)");
      }
    }
    return sql;
  }

  private static void runIn(EmbeddedPostgres pg, String database, String sql) {
    try {
      pg.executeIn(database, sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void run(Connection db, List<String> statements) throws SQLException {
    try (Statement statement = db.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /** Runs a pipeline until the lake has all rows of the snapshot and all that were streamed. */
  private void capture(EmbeddedPostgres pg, Connection db, Version version, String overflow)
      throws Exception {
    Path config = folder.resolve("tidemark.yaml");
    Files.writeString(
        config,
        """
        name: types
        data-dir: %s
        flush.interval: 200ms
        source:
          type: postgres
          url: %s
          tables.include: public.t*, public.plain_row
          overflow: %s
        sinks:
          - type: parquet
            path: %s
          - type: postgres
            url: %s
        """
            .formatted(
                folder.resolve("data"),
                pg.uri("postgres"),
                overflow,
                folder.resolve("lake"),
                pg.uri("copy")));
    long tables = tables(version).size();
    try (Program pipeline = Program.start(folder, "run", config.toString())) {
      while (members() < tables) {
        assertThat(pipeline.isRunning()).as(pipeline.said()).isTrue();
        TimeUnit.MILLISECONDS.sleep(100); // it needs the processor that asking would take
      }
      run(db, inserts(version, STREAMED));
      run(db, List.of("INSERT INTO plain_row VALUES (1, 'end')"));
      // the first says that its copy began
      while (rows("plain_row") < 2 || rowsInCopy(pg) < 1) {
        assertThat(pipeline.isRunning()).as(pipeline.said()).isTrue();
        TimeUnit.MILLISECONDS.sleep(100); // it needs the processor that asking would take
      }
      pipeline.signal("TERM");
      Program.Said said = pipeline.end(60);
      assertThat(said.status()).as(said.err()).isZero();
    }
  }

  private LakeCopy open(AsOf asOf) {
    return LakeCopy.open(
        ParquetConfig.of(folder.resolve("lake").toString()),
        List.of(),
        asOf,
        folder.resolve("cache"));
  }

  private DuckDbCopy copy(LakeCopy lake) {
    return DuckDbCopy.open(
        lake.tidemark(),
        lake.tables(name -> true),
        DuckDbOptions.standard(folder.resolve("spill")));
  }

  private long members() {
    if (!Files.exists(folder.resolve("lake/_tidemark/state"))) {
      return 0;
    }
    try (LakeCopy lake = open(AsOf.LATEST)) {
      return lake.state().tables().entrySet().stream()
          .filter(table -> table.getKey().table().matches("t\\d+"))
          .filter(table -> table.getValue().isMember())
          .count();
    } catch (io.tidemark.api.error.TidemarkException e) {
      return 0; // nothing is committed yet
    }
  }

  /** Rows that streamed last in the other PostgreSQL, where all of them are of one commit. */
  private static long rowsInCopy(EmbeddedPostgres pg) {
    return PostgresLook.at(PostgresSinkConfig.of(pg.uri("copy"), "types"))
        .rows()
        .getOrDefault(new TableName("public", "plain_row"), 0L);
  }

  private long rows(String table) {
    try (LakeCopy lake = open(AsOf.LATEST)) {
      return lake.rows(new TableName("public", table));
    }
  }

  private static List<List<String>> source(Connection db, int number) throws SQLException {
    try (Statement statement = db.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT id, " + OutputText.of("v") + " FROM public.t" + number + " ORDER BY id")) {
      List<List<String>> all = new ArrayList<>();
      while (rows.next()) {
        List<String> row = new ArrayList<>();
        row.add(rows.getString(1));
        row.add(rows.getString(2));
        all.add(row);
      }
      return all;
    }
  }
}
