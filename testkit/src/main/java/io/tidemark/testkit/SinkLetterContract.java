package io.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import io.tidemark.engine.pipeline.PipelineConfig;
import io.tidemark.engine.pipeline.PipelineConfig.OnReject;
import io.tidemark.engine.pipeline.StoppedLetters;
import io.tidemark.testkit.ScriptedSource.Script;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Rows that a destination does not take, from a pipeline through its state and back: what readers
 * see lacks exactly these and what follows them, and has everything once they are given again.
 */
public interface SinkLetterContract {
  /** A new, empty destination. */
  SinkFixture fixture() throws Exception;

  TableSchema GOODS =
      Form.of("public.goods")
          .key("id", Form.BIGINT)
          .column("name", Form.TEXT)
          .column("price", Form.MONEY)
          .schema();

  TableSchema LOOSE =
      Form.of("shop.loose")
          .column("word", Form.TEXT)
          .column("price", Form.MONEY)
          .identity(ReplicaIdentity.FULL)
          .schema();

  private static BigDecimal price(String text) {
    return new BigDecimal(text);
  }

  private static Script script(ChangeBatch... batches) {
    Script script = new Script().member(GOODS).member(LOOSE);
    for (ChangeBatch batch : batches) {
      script.rows(batch);
    }
    return script;
  }

  private static ChangeBatch taken() {
    return Batches.of(GOODS)
        .at(0x100)
        .insert(1L, "one", price("1.00"))
        .insert(2L, "two", price("2.00"))
        .batch();
  }

  /** A transaction of which one row is refused. */
  private static ChangeBatch refused(Object price) {
    return Batches.of(GOODS)
        .at(0x200)
        .insert(3L, "three", price)
        .insert(4L, "four", price("4.00"))
        .batch();
  }

  /** Rows of the same keys, and of keys that these moved to. */
  private static ChangeBatch following() {
    return Batches.of(GOODS)
        .at(0x300)
        .update(3L, "tres", price("3.10"))
        .update(5L, "cinco", price("5.00"))
        .oldKey(3L)
        .update(5L, "five", price("5.10"))
        .delete(4L)
        .batch();
  }

  private static ChangeBatch others() {
    return Batches.of(GOODS).at(0x310).update(1L, "uno", price("1.10")).delete(2L).batch();
  }

  private static ChangeBatch looseTaken() {
    return Batches.of(LOOSE).at(0x400).insert("x", price("1.00")).batch();
  }

  /** Without a key everything behind the refused row follows it. */
  private static ChangeBatch looseRefused() {
    return Batches.of(LOOSE)
        .at(0x500)
        .insert("y", new Batches.Refused("NaN"))
        .at(0x600)
        .insert("x", price("1.00"))
        .delete("x", price("1.00"))
        .batch();
  }

  @Test
  default void rowsNotTakenWaitWithAllThatFollowsAndAreGivenAgain(@TempDir Path data)
      throws Exception {
    Script script =
        script(
                taken(),
                refused(new Batches.Refused("NaN")),
                following(),
                others(),
                looseTaken(),
                looseRefused())
            .boundary(0x610);
    PipelineConfig config = ScriptedRun.config(data, OnReject.TRANSACTION);
    try (SinkFixture destination = fixture();
        ScriptedRun run = ScriptedRun.start(config, script, destination)) {
      run.until(0x610);
      Seen.in(destination).holds(GOODS, taken(), others());
      Seen.in(destination).holds(LOOSE, looseTaken());
      assertThat(run.pipeline().letters().get("copy")).hasSize(2 + 4 + 3);

      edit(run, "0/200-0", "{\"price\": \"3.00\", \"name\": \"THREE\"}");
      run.pipeline().replayLetters(GOODS.name());
      run.pipeline().replayLetters(LOOSE.name());
      script.boundary(0x620);
      run.until(0x620);
      assertThat(run.pipeline().letters()).isEqualTo(Map.of("copy", List.of()));
      ChangeBatch mended =
          Batches.of(GOODS)
              .at(0x200)
              .insert(3L, "THREE", price("3.00"))
              .insert(4L, "four", price("4.00"))
              .batch();
      Seen.in(destination).holds(GOODS, taken(), mended, following(), others());
      Seen.in(destination).holds(LOOSE, looseTaken(), looseRefused());
    }
  }

  private static void edit(ScriptedRun run, String place, String values) {
    TableName table = GOODS.name();
    assertThatThrownBy(
            () -> run.pipeline().editLetter(Optional.empty(), table, place, "{\"id\": 7}"))
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining("column 'id' is part of the key");
    assertThatThrownBy(() -> run.pipeline().editLetter(Optional.empty(), table, "0/200-9", values))
        .hasMessageContaining("there is none");
    run.pipeline().editLetter(Optional.of("copy"), table, place, values);
  }

  @Test
  default void aTruncateMakesWhatWaitsVoid(@TempDir Path data) throws Exception {
    ChangeBatch truncated =
        Batches.of(GOODS).at(0x700).truncate().insert(3L, "anew", price("3.00")).batch();
    ChangeBatch looseTruncated =
        Batches.of(LOOSE).at(0x800).truncate().insert("new", price("1.00")).batch();
    Script script =
        script(
                taken(),
                refused(new Batches.Refused("NaN")),
                following(),
                looseTaken(),
                looseRefused())
            .boundary(0x610);
    script.rows(truncated).rows(looseTruncated).boundary(0x810);
    PipelineConfig config = ScriptedRun.config(data, OnReject.TRANSACTION);
    try (SinkFixture destination = fixture();
        ScriptedRun run = ScriptedRun.start(config, script, destination)) {
      run.until(0x810);
      assertThat(run.pipeline().letters()).isEqualTo(Map.of("copy", List.of()));
      Seen.in(destination).holds(GOODS, taken(), truncated);
      Seen.in(destination).holds(LOOSE, looseTaken(), looseTruncated);
    }
  }

  @Test
  default void whereNothingRunsTheyAreChangedInTheCopyItself(@TempDir Path data) throws Exception {
    PipelineConfig config = ScriptedRun.config(data, OnReject.TRANSACTION);
    Script script =
        script(taken(), refused(new Batches.Refused("NaN")), looseTaken(), looseRefused())
            .boundary(0x610);
    ChangeBatch mended = refused(price("9.99"));
    ChangeBatch later =
        Batches.of(GOODS).at(0x900).update(3L, "later", price("9.00")).delete(1L).batch();
    ChangeBatch looseLater = Batches.of(LOOSE).at(0x910).insert("z", price("2.00")).batch();
    try (SinkFixture destination = fixture()) {
      try (ScriptedRun run = ScriptedRun.start(config, script, destination)) {
        run.until(0x610);
        assertThatThrownBy(() -> StoppedLetters.open(config, ScriptedRun.sink(destination)))
            .isInstanceOf(TidemarkException.class)
            .hasMessageContaining("another pipeline runs with it");
      }
      try (StoppedLetters stopped = StoppedLetters.open(config, ScriptedRun.sink(destination))) {
        stopped.edit(GOODS.name(), "0/200-0", "{\"price\": 9.99}");
        assertThat(stopped.count(GOODS.name())).isEqualTo(2);
      }
      Seen.in(destination).holds(GOODS, taken());
      try (StoppedLetters stopped = StoppedLetters.open(config, ScriptedRun.sink(destination))) {
        stopped.replay(GOODS.name());
        assertThat(stopped.count(GOODS.name())).isZero();
        assertThat(stopped.count(LOOSE.name())).isEqualTo(3);
        Seen.in(destination).holds(GOODS, taken(), mended);
        stopped.discard(LOOSE.name());
      }
      script.rows(later).rows(looseLater).boundary(0x920);
      try (ScriptedRun run = ScriptedRun.start(config, script, destination)) {
        run.until(0x920);
        assertThat(run.pipeline().letters()).isEqualTo(Map.of("copy", List.of()));
      }
      Seen.in(destination).holds(GOODS, taken(), mended, later);
      Seen.in(destination).holds(LOOSE, looseTaken(), looseLater);
    }
  }
}
