package io.tidemark.parquet;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.copy.CopiedTable.DataFile;
import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.LongVector;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import io.tidemark.parquet.state.AsOf;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Values of 64 MiB go through the writer in a heap of 512 MiB, each in a batch that owns it. */
class LargeValuesTest {
  private static final int LENGTH = 64 << 20;
  private static final int ROWS = 6;
  private static final TableSchema BODIES =
      new TableSchema(
          TableName.parse("public.bodies"),
          1,
          1,
          List.of(
              TestTables.column(1, "id", new DataType.Int(64), "bigint"),
              TestTables.column(2, "body", new DataType.Bytes(), "bytea")),
          List.of(1),
          ReplicaIdentity.DEFAULT,
          false);

  @TempDir Path folder;

  /** The process with the small heap. */
  static final class Writer {
    private Writer() {}

    /** Argument: the lake. */
    public static void main(String[] args) throws Exception {
      try (ParquetSink sink = new ParquetSink(ParquetConfig.of(args[0]))) {
        sink.open();
        for (int id = 0; id < ROWS; id++) {
          ChangeBatch batch = new ChangeBatch(BODIES);
          batch.addRow(Op.CREATE, 100, id, 1, SinkRows.NOON);
          ((LongVector) batch.columns().get(0).vector()).add(id);
          byte[] body = body(id);
          ((BytesVector) batch.columns().get(1).vector()).add(body, 0, body.length);
          sink.stage(batch);
        }
        SinkRows.commit(sink, 110);
      }
    }
  }

  /** Every second one cannot be made smaller. */
  private static byte[] body(int id) {
    byte[] body = new byte[LENGTH];
    if (id % 2 == 0) {
      new Random(id).nextBytes(body);
    } else {
      java.util.Arrays.fill(body, (byte) id);
    }
    return body;
  }

  @Test
  void valuesOf64MiBAreWrittenIn512MiBOfHeap() throws Exception {
    Path said = folder.resolve("said");
    Process writer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                Writer.class.getName(),
                folder.resolve("lake").toString())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    boolean ended = writer.waitFor(240, TimeUnit.SECONDS);
    writer.destroyForcibly();
    assertThat(ended).as(Files.readString(said)).isTrue();
    assertThat(writer.exitValue()).as(Files.readString(said)).isZero();
    ParquetConfig config = ParquetConfig.of(folder.resolve("lake").toString());
    try (ParquetLake lake = ParquetLake.open(config, folder.resolve("cache"), 1L << 30);
        LakeView view = lake.at(AsOf.LATEST);
        Duck duck = new Duck()) {
      List<Path> files =
          view.files(BODIES.name()).stream().map(DataFile::path).map(Path::of).toList();
      for (int id = 0; id < ROWS; id++) {
        assertThat(
                duck.rows(
                    "SELECT octet_length(body), md5(body) FROM "
                        + Duck.files(files)
                        + " WHERE id = "
                        + id))
            .containsExactly(List.of("" + LENGTH, md5(body(id))));
      }
    }
  }

  private static String md5(byte[] bytes) throws Exception {
    return java.util.HexFormat.of()
        .formatHex(java.security.MessageDigest.getInstance("MD5").digest(bytes));
  }
}
