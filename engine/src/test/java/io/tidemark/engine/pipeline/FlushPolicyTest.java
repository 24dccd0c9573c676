package io.tidemark.engine.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.LongVector;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FlushPolicyTest {
  private static final PipelineConfig.Flush CONFIG =
      new PipelineConfig.Flush(
          Duration.ofSeconds(10),
          Duration.ofMinutes(5),
          1 << 20,
          20_000,
          4096,
          Duration.ofSeconds(30));

  private static ChangeBatch rows(int table, int rows) {
    Column id =
        new Column(1, "id", new DataType.Int(64), "bigint", 20, -1, true, false, Optional.empty());
    TableSchema schema =
        new TableSchema(
            new TableName("public", "t" + table),
            table,
            1,
            List.of(id),
            List.of(1),
            TableSchema.ReplicaIdentity.DEFAULT,
            false);
    ChangeBatch batch = new ChangeBatch(schema);
    for (int i = 0; i < rows; i++) {
      batch.addRow(Op.CREATE, 1, i, 1, 0);
      ((LongVector) batch.columns().get(0).vector()).add(i);
    }
    return batch;
  }

  private static Duration interval(FlushPolicy policy) {
    return Duration.ofNanos(policy.untilInterval(0));
  }

  @Test
  void fewSmallTablesKeepTheIntervalManyStretchItUpToTheLargest() {
    FlushPolicy policy = new FlushPolicy(CONFIG, 0);
    assertThat(interval(policy)).isEqualTo(Duration.ofSeconds(10));
    for (int table = 0; table < 50; table++) {
      policy.staged(rows(table, 1));
      policy.staged(rows(table, 1));
    }
    assertThat(interval(policy)).isEqualTo(Duration.ofSeconds(10));
    for (int table = 50; table < 200; table++) {
      policy.staged(rows(table, 1));
    }
    assertThat(interval(policy)).isEqualTo(Duration.ofSeconds(40));
    for (int table = 0; table < 100; table++) {
      policy.staged(rows(table, 200));
    }
    assertThat(interval(policy)).isEqualTo(Duration.ofSeconds(20));
    for (int table = 200; table < 3000; table++) {
      policy.staged(rows(table, 1));
    }
    assertThat(interval(policy)).isEqualTo(Duration.ofMinutes(5));
    policy.flushed(Duration.ofSeconds(7).toNanos());
    assertThat(interval(policy)).isEqualTo(Duration.ofSeconds(17));
    assertThat(policy.rows()).isZero();
  }

  @Test
  void bytesAndRowsFillItWhateverTheTime() {
    FlushPolicy policy = new FlushPolicy(CONFIG, 0);
    policy.staged(rows(1, 10_000));
    assertThat(policy.full()).isFalse();
    policy.staged(rows(1, 10_000));
    assertThat(policy.full()).isTrue();
    assertThat(Duration.ofNanos(policy.untilIdle(0))).isEqualTo(Duration.ofSeconds(30));
  }
}
