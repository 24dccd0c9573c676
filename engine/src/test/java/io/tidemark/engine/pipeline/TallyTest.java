package io.tidemark.engine.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.SinkException.RowsRejected;
import io.tidemark.engine.deadletter.Reason;
import java.util.List;
import org.junit.jupiter.api.Test;

class TallyTest {
  private static final TableSchema TABLE =
      new TableSchema(
          new TableName("public", "t"),
          1,
          1,
          List.of(),
          List.of(),
          TableSchema.ReplicaIdentity.DEFAULT,
          false);

  @Test
  void whatLiesBelowTheTidemarkIsForgotten() {
    Tally tally = new Tally();
    SinkException.Rejected why = new SinkException.Rejected(TABLE.name(), "why", null);
    for (long lsn : new long[] {100, 200, -1}) {
      tally.rejectedTransactions().put(lsn, Reason.of(why));
      tally.rejectedRows().add(List.of(new RowsRejected.Row(lsn, 0, why)));
    }
    tally.forgetRejectedBelow(new Lsn(200));
    assertThat(tally.rejectedTransactions()).containsOnlyKeys(200L, -1L);
    assertThat(tally.rejectedRows().first(rowOf(100))).isEmpty();
    assertThat(tally.rejectedRows().first(rowOf(200))).contains(why);
    assertThat(tally.rejectedRows().first(rowOf(-1))).contains(why);
  }

  private static ChangeBatch rowOf(long commitLsn) {
    ChangeBatch batch = new ChangeBatch(TABLE);
    batch.addRow(Op.CREATE, commitLsn, 0, 7, 0);
    return batch;
  }
}
