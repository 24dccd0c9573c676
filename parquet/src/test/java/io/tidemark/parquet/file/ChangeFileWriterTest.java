package io.tidemark.parquet.file;

import static io.tidemark.parquet.TestTables.column;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.IntVector;
import io.tidemark.api.model.ListVector;
import io.tidemark.api.model.LongVector;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.StructVector;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import io.tidemark.parquet.Duck;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every type, null pattern and extra column, written here and read by DuckDB, value by value. */
class ChangeFileWriterTest {
  @TempDir Path folder;

  @Test
  void everyTypeComesBackValueByValue() throws Exception {
    long seed = new Random().nextLong();
    TypedValues values = new TypedValues(new Random(seed));
    TableSchema schema = TypedValues.schema();
    List<ChangeBatch> batches = new ArrayList<>();
    List<List<String>> expected = new ArrayList<>();
    for (int size : new int[] {1, 7, 300, 66_000, 3}) {
      ChangeBatch batch = new ChangeBatch(schema);
      for (int row = 0; row < size; row++) {
        expected.add(values.addRow(batch, expected.size()));
      }
      batches.add(batch);
    }
    Path file = write(schema, batches, 3);
    try (Duck duck = new Duck()) {
      List<List<String>> read =
          duck.rows("SELECT " + TypedValues.select() + " FROM '" + file + "' ORDER BY _seq");
      assertThat(read).as("seed " + seed).hasSize(expected.size());
      for (int row = 0; row < read.size(); row++) {
        assertThat(read.get(row)).as("seed " + seed + ", row " + row).isEqualTo(expected.get(row));
      }
    }
  }

  @Test
  void metadataOfEveryRowComesBack() throws Exception {
    TableSchema schema = oneColumn(ReplicaIdentity.DEFAULT);
    ChangeBatch batch = new ChangeBatch(schema);
    List<List<String>> expected = new ArrayList<>();
    Random random = new Random(5);
    for (int i = 0; i < 5000; i++) {
      Op op = Op.values()[random.nextInt(5)];
      long lsn = random.nextLong() >>> 1;
      long xid = random.nextLong() >>> 1;
      batch.addRow(op, lsn, i, xid, 1_700_000_000_000_000L + i);
      ((LongVector) batch.columns().get(0).vector()).add(i);
      expected.add(
          List.of(
              String.valueOf((char) op.code()),
              Long.toString(lsn),
              Long.toString(i),
              Long.toString(xid),
              Long.toString(1_700_000_000_000_000L + i)));
    }
    Path file = write(schema, List.of(batch), 1);
    try (Duck duck = new Duck()) {
      assertThat(
              duck.rows(
                  "SELECT _op, _lsn, _seq, _xid, epoch_us(_committed_at) FROM '"
                      + file
                      + "' ORDER BY _seq"))
          .isEqualTo(expected);
      assertThat(duck.rows("SELECT count(_unchanged) FROM '" + file + "'"))
          .isEqualTo(List.of(List.of("0")));
      assertThat(
              duck.rows(
                  "SELECT name FROM parquet_schema('"
                      + file
                      + "') WHERE name LIKE '\\_%' ESCAPE '\\'"))
          .extracting(row -> row.get(0))
          .containsExactly("_op", "_lsn", "_seq", "_xid", "_committed_at", "_unchanged");
    }
  }

  @Test
  void unchangedRawOldAndPartitionAreWrittenWhereRowsNeedThem() throws Exception {
    TableSchema schema =
        new TableSchema(
            new TableName("public", "t"),
            1,
            4,
            List.of(
                column(1, "id", new DataType.Int(64), "bigint"),
                column(3, "body", new DataType.Text(), "text"),
                column(4, "price", new DataType.Decimal(10, 2), "numeric(10,2)")),
            List.of(1),
            ReplicaIdentity.DEFAULT,
            true);
    ChangeBatch batch = new ChangeBatch(schema);
    List<ColumnData> row = batch.columns();
    batch.addRow(Op.CREATE, 10, 0, 1, 0);
    batch.leaf("t_2024");
    ((LongVector) row.get(0).vector()).add(1);
    ((BytesVector) row.get(1).vector()).add("a");
    row.get(2).addRaw("NaN");
    batch.addRow(Op.UPDATE, 11, 0, 2, 0);
    ((LongVector) row.get(0).vector()).add(2);
    row.get(1).addUnchanged();
    ((LongVector) row.get(2).vector()).add(150);
    batch.addBefore(ChangeBatch.Before.KEY);
    ((LongVector) batch.before().get(0).vector()).add(1);
    batch.before().get(1).vector().addNull();
    batch.before().get(2).vector().addNull();
    batch.addRow(Op.UPDATE, 12, 0, 3, 0);
    ((LongVector) row.get(0).vector()).add(2);
    row.get(1).addUnchanged();
    row.get(2).addUnchanged();

    Path file = write(schema, List.of(batch), 1);
    try (Duck duck = new Duck()) {
      assertThat(
              duck.rows(
                  "SELECT id, body, price, price__raw, _unchanged, _old, _partition FROM '"
                      + file
                      + "' ORDER BY _lsn"))
          .isEqualTo(
              List.of(
                  Arrays.asList("1", "a", null, "NaN", null, null, "t_2024"),
                  Arrays.asList(
                      "2",
                      null,
                      "1.50",
                      null,
                      "[body]",
                      "{'id': 1, 'body': NULL, 'price': NULL}",
                      null),
                  Arrays.asList("2", null, null, null, "[body, price]", null, null)));
    }
  }

  @Test
  void fullIdentityKeepsWholeOldRowsWithNestedAndRawValues() throws Exception {
    DataType nested =
        new DataType.Struct(
            List.of(
                new DataType.Field("n", new DataType.Int(32)),
                new DataType.Field("tags", new DataType.ListOf(new DataType.Text()))));
    TableSchema schema =
        new TableSchema(
            new TableName("public", "t"),
            1,
            1,
            List.of(
                column(1, "id", new DataType.Int(64), "bigint"),
                column(2, "c", nested, "nested"),
                column(3, "at", new DataType.Timestamp(true), "timestamptz")),
            List.of(1),
            ReplicaIdentity.FULL,
            false);
    ChangeBatch batch = new ChangeBatch(schema);
    batch.addRow(Op.UPDATE, 10, 0, 1, 0);
    addNested(batch.columns(), 1, 7, "x", "y");
    batch.columns().get(2).addRaw("infinity");
    batch.addBefore(ChangeBatch.Before.FULL);
    addNested(batch.before(), 1, 6);
    batch.before().get(2).addRaw("-infinity");
    batch.addRow(Op.CREATE, 11, 0, 1, 0);
    addNested(batch.columns(), 2, 8, "z");
    ((LongVector) batch.columns().get(2).vector()).add(0);

    Path file = write(schema, List.of(batch), 1);
    try (Duck duck = new Duck()) {
      assertThat(
              duck.rows(
                  "SELECT c, epoch_us(\"at\"), at__raw, _old FROM '" + file + "' ORDER BY _lsn"))
          .isEqualTo(
              List.of(
                  Arrays.asList(
                      "{'n': 7, 'tags': [x, y]}",
                      null,
                      "infinity",
                      "{'id': 1, 'c': {'n': 6, 'tags': []}, 'at': NULL, 'at__raw': -infinity}"),
                  Arrays.asList("{'n': 8, 'tags': [z]}", "0", null, null)));
    }
  }

  private static void addNested(List<ColumnData> row, long id, int n, String... tags) {
    ((LongVector) row.get(0).vector()).add(id);
    StructVector struct = (StructVector) row.get(1).vector();
    ((IntVector) struct.fields().get(0)).add(n);
    ListVector list = (ListVector) struct.fields().get(1);
    for (String tag : tags) {
      ((BytesVector) list.elements()).add(tag);
    }
    list.endList();
    struct.endStruct();
  }

  @Test
  void fieldIdsAreAttributeNumbers() throws Exception {
    TableSchema schema = TypedValues.schema();
    ChangeBatch batch = new ChangeBatch(schema);
    new TypedValues(new Random(1)).addRow(batch, 0);
    Path file = write(schema, List.of(batch), 1);
    try (Duck duck = new Duck()) {
      List<List<String>> ids =
          duck.rows(
              "SELECT name, field_id FROM parquet_schema('"
                  + file
                  + "') WHERE field_id IS NOT NULL");
      assertThat(ids.stream().map(row -> row.get(1)).distinct().count()).isEqualTo(ids.size());
      schema
          .columns()
          .forEach(
              column ->
                  assertThat(ids)
                      .contains(List.of(column.name(), Integer.toString(column.attnum()))));
    }
  }

  @Test
  void veryLargeValuesStandBetweenSmallOnes() throws Exception {
    TableSchema schema =
        new TableSchema(
            new TableName("public", "t"),
            1,
            1,
            List.of(
                column(1, "id", new DataType.Int(64), "bigint"),
                column(2, "body", new DataType.Text(), "text")),
            List.of(1),
            ReplicaIdentity.DEFAULT,
            false);
    ChangeBatch batch = new ChangeBatch(schema);
    int[] lengths = {3, 9 << 20, -1, 9 << 20, 12 << 20, 2 << 20, 5, -1, 8};
    for (int i = 0; i < lengths.length; i++) {
      batch.addRow(Op.CREATE, 1, i, 1, 0);
      ((LongVector) batch.columns().get(0).vector()).add(i);
      BytesVector body = (BytesVector) batch.columns().get(1).vector();
      if (lengths[i] < 0) {
        body.addNull();
      } else {
        body.add(("" + i).repeat(lengths[i]));
      }
    }
    Path file = write(schema, List.of(batch), 1);
    try (Duck duck = new Duck()) {
      List<List<String>> read =
          duck.rows(
              "SELECT length(body), body = repeat(id::varchar, length(body)) FROM '"
                  + file
                  + "' ORDER BY id");
      for (int i = 0; i < lengths.length; i++) {
        assertThat(read.get(i))
            .isEqualTo(
                lengths[i] < 0 ? Arrays.asList(null, null) : List.of("" + lengths[i], "true"));
      }
    }
  }

  private static TableSchema oneColumn(ReplicaIdentity identity) {
    return new TableSchema(
        new TableName("public", "t"),
        1,
        1,
        List.of(column(1, "id", new DataType.Int(64), "bigint")),
        List.of(1),
        identity,
        false);
  }

  private Path write(TableSchema schema, List<ChangeBatch> batches, int groups) throws Exception {
    Path path = folder.resolve("file.parquet");
    List<RowRun> runs = batches.stream().map(RowRun::all).toList();
    try (Encoder encoder = new Encoder(1);
        ChangeFileWriter file = new ChangeFileWriter(path, FileLayout.of(schema, runs))) {
      int size = Math.max(1, runs.size() / groups);
      for (int from = 0; from < runs.size(); from += size) {
        file.write(runs.subList(from, Math.min(runs.size(), from + size)), encoder);
      }
      FileFacts facts = file.finish();
      assertThat(facts.rows()).isEqualTo(batches.stream().mapToInt(ChangeBatch::size).sum());
    }
    return path;
  }
}
