package io.tidemark.duckdb;

import static io.tidemark.duckdb.LakeTable.INTEGER;
import static io.tidemark.duckdb.LakeTable.TEXT;
import static io.tidemark.duckdb.LakeTable.column;
import static io.tidemark.duckdb.LakeTable.schema;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.copy.CopiedTable;
import io.tidemark.api.copy.CopyReader.KeyRange;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ranges and order of keys, and copies of many tables. */
class DuckDbCopyTest {
  @TempDir Path folder;

  private LakeTable pairs() throws Exception {
    return new LakeTable(
            folder,
            schema(
                "public.pairs",
                1,
                ReplicaIdentity.DEFAULT,
                List.of(2, 1),
                column(1, "id", INTEGER),
                column(2, "kind", TEXT)))
        .file(
            Change.of('c', 10, 0, "2", "b"),
            Change.of('c', 10, 1, "10", "b"),
            Change.of('c', 10, 2, "1", "ä"),
            Change.of('c', 10, 3, "1", "B"),
            Change.of('c', 10, 4, "1", ""));
  }

  private static KeyRange range(List<String> from, List<String> to) {
    return new KeyRange(Optional.ofNullable(from), Optional.ofNullable(to));
  }

  @Test
  void rowsComeInTheOrderOfTheKey() throws Exception {
    assertThat(new Reading(folder).rows(pairs()))
        .containsExactly(
            List.of("1", ""),
            List.of("1", "B"),
            List.of("2", "b"),
            List.of("10", "b"),
            List.of("1", "ä"));
  }

  @Test
  void aRangeBeginsAtItsFirstKeyAndEndsBeforeItsLast() throws Exception {
    Reading reading = new Reading(folder);
    LakeTable pairs = pairs();
    assertThat(reading.rows(pairs, range(List.of("b", "2"), List.of("b", "10"))))
        .containsExactly(List.of("2", "b"));
    assertThat(reading.rows(pairs, range(List.of("b", "3"), null)))
        .containsExactly(List.of("10", "b"), List.of("1", "ä"));
    assertThat(reading.rows(pairs, range(null, List.of("B", "1"))))
        .containsExactly(List.of("1", ""));
    assertThat(reading.rows(pairs, range(List.of("b", "2"), List.of("b", "2")))).isEmpty();
  }

  @Test
  void keysThatTheirTypeCannotHoldComeLastAndBelongToTheOpenRange() throws Exception {
    LakeTable rates =
        new LakeTable(
                folder,
                schema(
                    "rates",
                    1,
                    ReplicaIdentity.DEFAULT,
                    List.of(1),
                    column(1, "rate", new DataType.Decimal(9, 2), "numeric(9,2)", null)))
            .file(
                Change.of('c', 10, 0, Cell.raw("NaN")),
                Change.of('c', 10, 1, "10.00"),
                Change.of('c', 10, 2, "9.00"));
    Reading reading = new Reading(folder);
    assertThat(reading.rows(rates, range(List.of("9.50"), null)))
        .containsExactly(List.of("10.00"), List.of("NaN"));
    assertThat(reading.rows(rates, range(null, List.of("10.00")))).containsExactly(List.of("9.00"));
    assertThatThrownBy(() -> reading.rows(rates, range(List.of("NaN"), null)))
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining("column rate cannot hold one of its bounds");
  }

  @Test
  void aBoundOfAnotherShapeAndAnUnknownTableAreRefused() throws Exception {
    LakeTable pairs = pairs();
    assertThatThrownBy(() -> new Reading(folder).rows(pairs, range(List.of("b"), null)))
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining("a bound has 1 columns and the key 2");
    try (DuckDbCopy copy = new Reading(folder).copy(pairs)) {
      assertThat(copy.tidemark()).isEqualTo(Reading.TIDEMARK);
      assertThat(copy.tables()).containsExactly(pairs.copied());
      assertThatThrownBy(() -> copy.rows(new TableName("public", "nope"), KeyRange.ALL))
          .isInstanceOf(TidemarkException.class)
          .hasMessageContaining("the copy has no such table. It has public.pairs.");
    }
  }

  @Test
  void severalIteratorsMayBeOpen() throws Exception {
    LakeTable pairs = pairs();
    try (DuckDbCopy copy = new Reading(folder).copy(pairs)) {
      Iterator<List<String>> one = copy.rows(pairs.newest().name(), KeyRange.ALL);
      Iterator<List<String>> two = copy.rows(pairs.newest().name(), KeyRange.ALL);
      while (one.hasNext()) {
        assertThat(two.next()).isEqualTo(one.next());
      }
      assertThat(two.hasNext()).isFalse();
    }
  }

  @Test
  void fiveHundredTablesAreOneCopy() throws Exception {
    CopiedTable one = pairs().copied();
    List<CopiedTable> tables = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      TableSchema form = one.schema();
      TableSchema renamed =
          new TableSchema(
              new TableName("s" + i % 7, "t" + i),
              i + 1,
              1,
              form.columns(),
              form.key(),
              form.identity(),
              false);
      tables.add(new CopiedTable(List.of(renamed), one.state(), one.files()));
    }
    Reading reading = new Reading(folder);
    try (DuckDbQuery query = DuckDbQuery.open(Reading.TIDEMARK, 0, tables, reading.options())) {
      String all = "SELECT (SELECT count(*) FROM t0) + (SELECT count(*) FROM s2.t499_changes) AS n";
      assertThat(json(query, all)).isEqualTo("[{\"n\":10}]");
      assertThat(json(query, "SELECT count(*) AS n FROM tidemark_tables"))
          .isEqualTo("[{\"n\":500}]");
      String views = "SELECT count(*) AS n FROM duckdb_views() WHERE view_name LIKE 't%_changes'";
      assertThat(json(query, views)).isEqualTo("[{\"n\":1000}]");
      String columns =
          "SELECT column_name AS c FROM information_schema.columns WHERE table_schema = 's3' AND"
              + " table_name = 't' || '3' ORDER BY ordinal_position";
      assertThat(json(query, columns)).isEqualTo("[{\"c\":\"id\"},{\"c\":\"kind\"}]");
      assertThatThrownBy(() -> query.run("FROM t499s"))
          .isInstanceOf(TidemarkException.class)
          .hasMessageContaining("Did you mean \"t499\"");
      assertThatThrownBy(() -> json(query, "FROM query_table('t1' || '23')"))
          .isInstanceOf(TidemarkException.class)
          .hasMessageContaining("table s4.t123 must be named in the statement itself");
      assertThat(json(query, "SELECT count(*) AS n FROM t123")).isEqualTo("[{\"n\":5}]");
    }
  }

  private static String json(DuckDbQuery query, String sql) {
    try (QueryResult result = query.run(sql)) {
      return result.toJson();
    }
  }
}
