package io.tidemark.engine.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.LongVector;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class HeldRowsTest {
  private static final long TIDEMARK = 200;
  private static final TableSchema TABLE =
      new TableSchema(
          new TableName("public", "t"),
          1,
          1,
          List.of(
              new Column(
                  1, "id", new DataType.Int(64), "bigint", 20, -1, true, false, Optional.empty())),
          List.of(1),
          TableSchema.ReplicaIdentity.DEFAULT,
          false);

  private final ChangeBatch batch = new ChangeBatch(TABLE);

  /** Rows of a snapshot have no transaction. */
  private HeldRowsTest row(Op op, long commitLsn, long xid) {
    batch.addRow(op, commitLsn, batch.size(), xid, 0);
    ((LongVector) batch.columns().get(0).vector()).add(batch.size());
    return this;
  }

  /** The ids of what is kept; they count the rows of the batch from 1. */
  private static List<Long> ids(ChangeBatch kept) {
    List<Long> ids = new ArrayList<>();
    for (int i = 0; i < kept.size(); i++) {
      ids.add(((LongVector) kept.columns().get(0).vector()).get(i));
    }
    return ids;
  }

  @Test
  void whatTheCopyHoldsIsLeftOut() {
    row(Op.CREATE, 100, 7).row(Op.UPDATE, 199, 8).row(Op.DELETE, 200, 9).row(Op.CREATE, 300, 10);
    assertThat(ids(HeldRows.without(batch, TIDEMARK, false))).containsExactly(3L, 4L);
  }

  @Test
  void aBatchOfWhichNothingIsHeldStaysTheSame() {
    row(Op.CREATE, 200, 7).row(Op.CREATE, -1, 8); // an LSN is unsigned: -1 is the highest
    assertThat(HeldRows.without(batch, TIDEMARK, false)).isSameAs(batch);
  }

  @Test
  void aBatchThatIsHeldWholeLeavesNothing() {
    row(Op.READ, 100, 0).row(Op.TRUNCATE, 100, 0).row(Op.CREATE, 199, 7);
    assertThat(HeldRows.without(batch, TIDEMARK, false).size()).isZero();
  }

  @Test
  void aCopyThatBeganInThisRunIsNewHoweverLowItIsStamped() {
    row(Op.TRUNCATE, 100, 0).row(Op.READ, 100, 0).row(Op.READ, 100, 0).row(Op.CREATE, 200, 7);
    assertThat(HeldRows.without(batch, TIDEMARK, true)).isSameAs(batch);
  }

  @Test
  void changesOfTheStreamAreHeldAlsoWhileACopyRuns() {
    row(Op.TRUNCATE, 100, 0).row(Op.TRUNCATE, 150, 6).row(Op.READ, 100, 0).row(Op.CREATE, 150, 7);
    assertThat(ids(HeldRows.without(batch, TIDEMARK, true))).containsExactly(1L, 3L);
  }
}
