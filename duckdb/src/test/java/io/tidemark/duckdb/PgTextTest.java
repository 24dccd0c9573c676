package io.tidemark.duckdb;

import static io.tidemark.duckdb.LakeTable.column;
import static io.tidemark.duckdb.LakeTable.schema;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Values come back in the very text that PostgreSQL gives for them. Each text here is what the
 * type's output function gave on PostgreSQL 15.
 */
class PgTextTest {
  private static final DataType DOUBLE = new DataType.Float(64);
  private static final DataType REAL = new DataType.Float(32);
  private static final DataType WALL = new DataType.Timestamp(false);
  private static final DataType UTC = new DataType.Timestamp(true);
  private static final DataType PAIR =
      new DataType.Struct(
          List.of(
              new DataType.Field("a", new DataType.Text()),
              new DataType.Field("b", new DataType.Bool()),
              new DataType.Field("c", new DataType.ListOf(WALL))));

  @TempDir Path folder;

  /** One column and the texts of its values. */
  private record Texts(String pgType, DataType type, List<String> texts) {}

  private static Texts texts(String pgType, DataType type, String... texts) {
    return new Texts(pgType, type, Arrays.asList(texts));
  }

  private static List<Texts> all() {
    return List.of(
        texts("boolean", new DataType.Bool(), "t", "f", null),
        texts("smallint", new DataType.Int(16), "-32768", "32767", "0"),
        texts("integer", new DataType.Int(32), "-2147483648", "2147483647"),
        texts("bigint", new DataType.Int(64), "-9223372036854775808", "9223372036854775807"),
        texts(
            "numeric(38,4)",
            new DataType.Decimal(38, 4),
            "0.0000",
            "-0.0001",
            "9999999999999999999999999999999999.9999"),
        texts("numeric(5,5)", new DataType.Decimal(5, 5), "0.00000", "-0.10000", "0.99999"),
        texts(
            "real",
            REAL,
            "0.1",
            "-0",
            "NaN",
            "-Infinity",
            "1e+06",
            "3.4028235e+38",
            "1e-45",
            "1.01807424e+08"),
        texts(
            "double precision",
            DOUBLE,
            "1e+15",
            "1e-05",
            "5e-324",
            "3.65e-321",
            "3.3965161595469363e+17"),
        texts("double precision", DOUBLE, "0.0001", "1.7976931348623157e+308", "Infinity", "-0"),
        texts("text", new DataType.Text(), "", "NULL", "a\"b\\c", "žluťoučký 𝄞", "two\nlines"),
        texts("character(5)", new DataType.Text(), "ab   ", "     "),
        texts("jsonb", new DataType.Json(), "{\"a\": [1.00, null]}", "\"x\""),
        texts("bytea", new DataType.Bytes(), "\\x", "\\x00ff10"),
        texts("uuid", new DataType.Uuid(), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        texts("date", new DataType.Date(), "2026-11-21", "0001-01-01", "0044-03-15 BC"),
        texts("date", new DataType.Date(), "5874897-12-31", "4713-01-01 BC", "10000-01-01"),
        texts("time", new DataType.Time(), "00:00:00", "23:59:59.999999", "12:00:00.5"),
        texts("timestamp", WALL, "2026-09-27 02:50:00", "294246-12-31 23:59:59.999999"),
        texts("timestamp", WALL, "1969-12-31 23:59:59.25", "4713-01-01 00:00:00 BC"),
        texts("timestamptz", UTC, "2026-09-27 02:50:00+00", "0044-03-15 10:00:00.000001+00 BC"),
        texts("integer[]", new DataType.ListOf(new DataType.Int(32)), "{}", "{1,NULL,-3}"),
        texts("boolean[]", new DataType.ListOf(new DataType.Bool()), "{t,f,NULL}"),
        texts(
            "text[]",
            new DataType.ListOf(new DataType.Text()),
            "{a,\"\",\"NULL\",NULL,\"b c\",\"x,y\",\"q\\\"\\\\\",\"{}\"}"),
        texts("bytea[]", new DataType.ListOf(new DataType.Bytes()), "{\"\\\\x00ff\"}"),
        texts("timestamptz[]", new DataType.ListOf(UTC), "{\"2026-09-27 02:50:00+00\"}"),
        texts("real[]", new DataType.ListOf(REAL), "{0.1,-0,NaN,1e+06}"),
        texts("box[]", new DataType.ListOf(new DataType.Text()), "{(1,1),(0,0);(2,2),(1,1)}"),
        texts(
            "pair",
            PAIR,
            "(,,)",
            "(\"\",t,{})",
            "(\"a b\",f,\"{\"\"2026-09-27 02:50:00\"\",NULL}\")",
            "(\"q\"\"\\\\(),\",,)"));
  }

  @Test
  void eachTextComesBack() throws Exception {
    List<Texts> all = all();
    List<Column> columns = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      columns.add(column(i + 1, "c" + i, all.get(i).type(), all.get(i).pgType(), null));
    }
    int most = all.stream().mapToInt(texts -> texts.texts().size()).max().orElseThrow();
    LakeTable lake =
        new LakeTable(
            folder,
            schema("t", 1, ReplicaIdentity.NOTHING, List.of(), columns.toArray(Column[]::new)));
    List<List<String>> rows = new ArrayList<>();
    for (int row = 0; row < most; row++) {
      int at = row;
      rows.add(
          new ArrayList<>(
              all.stream().map(t -> at < t.texts().size() ? t.texts().get(at) : null).toList()));
    }
    List<Change> changes = new ArrayList<>();
    for (int row = 0; row < most; row++) {
      changes.add(Change.of('c', 10, row, rows.get(row).toArray()));
    }
    assertThat(new Reading(folder).rows(lake.file(changes)))
        .containsExactlyInAnyOrderElementsOf(rows);
  }
}
