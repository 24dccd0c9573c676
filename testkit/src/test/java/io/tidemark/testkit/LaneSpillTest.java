package io.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableSchema;
import io.tidemark.engine.spill.LaneSpill;
import io.tidemark.engine.spill.SpillBudget;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LaneSpillTest {
  private static final TableSchema EVERYTHING =
      Form.of("public.everything")
          .key("id", Form.BIGINT)
          .column("flag", new DataType.Bool())
          .column("small", new DataType.Int(16))
          .column("ratio", new DataType.Float(32))
          .column("precise", new DataType.Float(64))
          .column("money", Form.MONEY)
          .column("huge", new DataType.Decimal(38, 10))
          .column("text", Form.TEXT)
          .column("at", Form.TIMESTAMPTZ)
          .column("words", new DataType.ListOf(new DataType.ListOf(Form.TEXT)))
          .column(
              "pair",
              new DataType.Struct(
                  List.of(
                      new DataType.Field("a", Form.BIGINT),
                      new DataType.Field("b", new DataType.ListOf(Form.TEXT)))))
          .partitioned()
          .schema();

  @TempDir Path folder;

  private static ChangeBatch everything(int rows) {
    Batches batch = Batches.of(EVERYTHING);
    for (long i = 0; i < rows; i++) {
      batch.at(100 + i);
      batch
          .insert(
              i,
              i % 2 == 0,
              i,
              i + 0.5f,
              -i / 3.0,
              BigDecimal.valueOf(i, 2),
              new BigDecimal("-12345678901234567890.1234567890"),
              "text " + "é".repeat((int) i % 50),
              Instant.ofEpochSecond(i),
              List.of(Arrays.asList("x", null), List.of()),
              Arrays.asList(i, List.of("y")))
          .leaf("public.leaf_" + i % 3)
          .update(
              i,
              null,
              i,
              Float.NaN,
              Double.NEGATIVE_INFINITY,
              new Batches.Raw("NaN"),
              null,
              Batches.UNCHANGED,
              new Batches.Raw("infinity"),
              null,
              null)
          .oldRow(i, true, i, 1f, 2.0, BigDecimal.ONE, null, Batches.UNCHANGED)
          .update(i + 1, null)
          .oldKey(i)
          .delete(i + 1)
          .truncate();
    }
    return batch.batch();
  }

  @Test
  void everyValueComesBack() {
    SpillBudget budget = new SpillBudget(folder, 1 << 30, 0);
    try (LaneSpill spill = new LaneSpill(folder.resolve("lane"), budget)) {
      for (ChangeBatch batch : List.of(everything(200), everything(0), everything(1))) {
        LaneSpill.Spilled spilled = spill.write(batch).orElseThrow();
        assertThat(budget.used()).isEqualTo(spilled.bytes());
        ChangeBatch back = spill.read(spilled);
        assertThat(CommittedRow.of(back)).isEqualTo(CommittedRow.of(batch));
        assertThat(back.schema()).isSameAs(batch.schema());
        for (int i = 0; i < batch.size(); i++) {
          assertThat(back.beforeKind(i)).isEqualTo(batch.beforeKind(i));
        }
        assertThat(budget.used()).isZero();
      }
    }
  }

  @Test
  void filesAreForTheirUserAloneAndGoAwayWhenRead() throws Exception {
    SpillBudget budget = new SpillBudget(folder, 1 << 30, 0);
    Path own = folder.resolve("lane");
    TableSchema wide = Form.of("public.wide").column("text", Form.TEXT).schema();
    ChangeBatch large = Batches.of(wide).at(1).insert("x".repeat(24 << 20)).batch();
    try (LaneSpill spill = new LaneSpill(own, budget)) {
      List<LaneSpill.Spilled> spilled = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        spilled.add(spill.write(large).orElseThrow());
      }
      try (Stream<Path> files = Files.list(own)) {
        assertThat(files.toList())
            .hasSize(2)
            .allSatisfy(
                file ->
                    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .isEqualTo("rw-------"));
      }
      for (LaneSpill.Spilled each : spilled) {
        assertThat(spill.read(each).size()).isOne();
      }
      try (Stream<Path> files = Files.list(own)) {
        assertThat(files).hasSize(1);
      }
    }
    assertThat(own).doesNotExist();
  }

  @Test
  void theBudgetAndTheDiskAreNotOverdrawn() {
    ChangeBatch batch = everything(10);
    try (LaneSpill spill = new LaneSpill(folder.resolve("a"), new SpillBudget(folder, 1000, 0))) {
      assertThat(spill.write(batch)).isEmpty();
    }
    SpillBudget noDisk = new SpillBudget(folder, 1 << 30, Long.MAX_VALUE / 2);
    try (LaneSpill spill = new LaneSpill(folder.resolve("b"), noDisk)) {
      assertThat(spill.write(batch)).isEmpty();
      assertThat(noDisk.used()).isZero();
    }
  }

  @Test
  void whatADeadProcessLeftIsWiped() throws Exception {
    Path left = folder.resolve("spill");
    new LaneSpill(left.resolve("lane"), new SpillBudget(folder, 1 << 30, 0)).write(everything(5));
    LaneSpill.wipe(left);
    assertThat(left).doesNotExist();
    LaneSpill.wipe(left);
  }
}
