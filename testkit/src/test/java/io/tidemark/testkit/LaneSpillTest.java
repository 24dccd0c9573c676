package io.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableSchema;
import io.tidemark.engine.spill.LaneSpill;
import io.tidemark.engine.spill.SpillBudget;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The local disk between source and sink. */
class LaneSpillTest {
  private static final TableSchema ITEMS =
      Form.of("public.items").key("id", Form.BIGINT).column("name", Form.TEXT).schema();

  @TempDir Path folder;

  private static ChangeBatch batch() {
    return Batches.of(ITEMS).at(100).insert(1L, "a").insert(2L, "b").batch();
  }

  @Test
  void givesBackWhatItTookWhenReadAndWhenClosed() {
    SpillBudget budget = new SpillBudget(folder, 1 << 20, 0);
    LaneSpill spill = new LaneSpill(folder.resolve("lane"), budget);
    LaneSpill.Spilled first = spill.write(batch()).orElseThrow();
    LaneSpill.Spilled second = spill.write(batch()).orElseThrow();
    assertThat(budget.used()).isEqualTo(first.bytes() + second.bytes());
    assertThat(CommittedRow.of(spill.read(first))).isEqualTo(CommittedRow.of(batch()));
    assertThat(budget.used()).isEqualTo(second.bytes());
    spill.close();
    assertThat(budget.used()).isZero();
    assertThat(folder.resolve("lane")).doesNotExist();
  }

  @Test
  void aDiskThatTakesNothingIsAsOneThatIsFull() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "in the way");
    SpillBudget budget = new SpillBudget(folder, 1 << 20, 0);
    LaneSpill spill = new LaneSpill(file.resolve("lane"), budget);
    assertThat(spill.write(batch())).isEmpty();
    assertThat(budget.used()).isZero();
  }
}
