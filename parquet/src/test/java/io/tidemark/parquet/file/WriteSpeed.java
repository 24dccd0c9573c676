package io.tidemark.parquet.file;

import io.tidemark.api.model.BooleanVector;
import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.IntVector;
import io.tidemark.api.model.LongVector;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import io.tidemark.api.model.Vector;
import io.tidemark.parquet.TestTables;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Measures how fast one core writes the bank's and wide rows; run by hand. */
public final class WriteSpeed {
  private static final int BATCH = 8192;
  private static final int GROUP = 1 << 20;

  private WriteSpeed() {}

  public static void main(String[] args) throws Exception {
    int rows = args.length > 0 ? Integer.parseInt(args[0]) : 4_000_000;
    int perTransaction = args.length > 1 ? Integer.parseInt(args[1]) : rows;
    int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 6;
    boolean wide = args.length > 3 && args[3].equals("wide");
    List<ChangeBatch> batches =
        wide ? wide(rows, perTransaction) : transactions(rows, perTransaction);
    long raw = batches.stream().mapToLong(ChangeBatch::bytes).sum();
    Path folder = Files.createTempDirectory("write-speed");
    try (Encoder encoder = new Encoder(1)) {
      for (int round = 0; round < rounds; round++) {
        Path file = folder.resolve("round" + round + ".parquet");
        long start = System.nanoTime();
        FileFacts facts = write(file, batches, encoder);
        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.printf(
            "round %d: %.2f M rows/s, file %.1f MB of %.1f MB%n",
            round, facts.rows() / seconds / 1e6, facts.bytes() / 1e6, raw / 1e6);
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }

  private static FileFacts write(Path path, List<ChangeBatch> batches, Encoder encoder)
      throws Exception {
    List<RowRun> all = batches.stream().map(RowRun::all).toList();
    try (ChangeFileWriter file =
        new ChangeFileWriter(path, FileLayout.of(batches.get(0).schema(), all))) {
      for (int from = 0; from < all.size(); from += GROUP / BATCH) {
        file.write(all.subList(from, Math.min(all.size(), from + GROUP / BATCH)), encoder);
      }
      return file.finish();
    }
  }

  /** Rows of 60 columns of six types, like those of the benchmark. */
  private static List<ChangeBatch> wide(int rows, int perTransaction) {
    List<DataType> types =
        List.of(
            new DataType.Int(64),
            new DataType.Int(32),
            new DataType.Text(),
            new DataType.Decimal(12, 2),
            new DataType.Timestamp(true),
            new DataType.Bool());
    List<Column> columns = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      columns.add(TestTables.column(i + 1, "c" + i, types.get(i % 6), "any"));
    }
    TableSchema schema =
        new TableSchema(
            TableName.parse("public.wide"),
            1,
            1,
            columns,
            List.of(1),
            ReplicaIdentity.DEFAULT,
            false);
    List<ChangeBatch> batches = new ArrayList<>();
    for (int row = 0; row < rows; ) {
      ChangeBatch batch = new ChangeBatch(schema);
      for (int i = 0; i < BATCH / 4 && row < rows; i++, row++) {
        long transaction = row / perTransaction;
        long now = 1_790_000_000_000_000L + transaction * 900;
        batch.addRow(Op.CREATE, 380 * transaction, row % perTransaction, 7000 + transaction, now);
        for (int c = 0; c < 60; c++) {
          Vector vector = batch.columns().get(c).vector();
          switch (c % 6) {
            case 0 -> ((LongVector) vector).add(row * 7L);
            case 1 -> ((IntVector) vector).add(row % 1000);
            case 2 -> ((BytesVector) vector).add("value " + row % 5000);
            case 3 -> ((LongVector) vector).add(row % 100_000);
            case 4 -> ((LongVector) vector).add(now);
            default -> ((BooleanVector) vector).add(row % 2 == 0);
          }
        }
      }
      batches.add(batch);
    }
    return batches;
  }

  /** Rows like those of the bank, {@code perTransaction} of them under one commit. */
  static List<ChangeBatch> transactions(int rows, int perTransaction) {
    Random random = new Random(7);
    byte[][] types = {
      "DEPOSIT".getBytes(StandardCharsets.UTF_8),
      "WITHDRAWAL".getBytes(StandardCharsets.UTF_8),
      "TRANSFER".getBytes(StandardCharsets.UTF_8)
    };
    byte[] completed = "COMPLETED".getBytes(StandardCharsets.UTF_8);
    byte[] refused = "REFUSED".getBytes(StandardCharsets.UTF_8);
    List<ChangeBatch> batches = new ArrayList<>();
    long now = 1_790_000_000_000_000L;
    for (int row = 0; row < rows; ) {
      ChangeBatch batch = new ChangeBatch(TestTables.transactions());
      List<ColumnData> c = batch.columns();
      for (int i = 0; i < BATCH && row < rows; i++, row++) {
        long transaction = row / perTransaction;
        batch.addRow(
            Op.CREATE,
            0x1000000 + transaction * 380,
            row % perTransaction,
            7000 + transaction,
            now + transaction * 900);
        ((LongVector) c.get(0).vector()).add(row + 1);
        ((LongVector) c.get(1).vector()).add(1 + random.nextInt(20_000));
        int type = random.nextInt(3);
        ((BytesVector) c.get(2).vector()).add(types[type]);
        ((LongVector) c.get(3).vector()).add(random.nextInt(500_000) - 100_000);
        if (type == 2) {
          ((LongVector) c.get(4).vector()).add(1 + random.nextInt(20_000));
        } else {
          c.get(4).vector().addNull();
        }
        ((BytesVector) c.get(5).vector()).add(random.nextInt(40) == 0 ? refused : completed);
        ((LongVector) c.get(6).vector()).add(now + transaction * 900 - random.nextInt(400));
      }
      batches.add(batch);
    }
    return batches;
  }
}
