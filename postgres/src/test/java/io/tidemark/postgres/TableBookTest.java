package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.IntVector;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.api.source.SourceEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Rows of the stream that meet a step of their table, in orders that are hard to come by. */
class TableBookTest {
  private static final TableName NAME = new TableName("public", "t");

  private final EventQueue queue = new EventQueue(1 << 20);
  private final TableBook book = new TableBook(queue);

  /** A form of integers. */
  private static TableSchema form(int version, int... numbers) {
    return new TableSchema(
        NAME,
        7,
        version,
        IntStream.of(numbers)
            .mapToObj(
                number ->
                    new Column(
                        number,
                        "c" + number,
                        new DataType.Int(32),
                        "integer",
                        23,
                        -1,
                        false,
                        false,
                        Optional.empty()))
            .toList(),
        List.of(1),
        TableSchema.ReplicaIdentity.DEFAULT,
        false);
  }

  private TrackedTable member() {
    book.restore(
        NAME,
        new TableState(Phase.MEMBER, 1, Optional.empty(), 0, -1, new Lsn(100)),
        Optional.of(form(1, 1, 2)),
        Optional.empty());
    return book.find(NAME).orElseThrow();
  }

  private static ChangeBatch row(TableSchema form, long commitLsn) {
    ChangeBatch batch = new ChangeBatch(form);
    batch.addRow(Op.CREATE, commitLsn, 0, 1, 0);
    batch.columns().forEach(column -> ((IntVector) column.vector()).add(1));
    return batch;
  }

  private boolean isEmpty() throws InterruptedException {
    return queue.poll(Duration.ZERO) == null;
  }

  @Test
  void noSnapshotBelowRowsThatWereGivenBecomesTheNextCopy() {
    TrackedTable table = member();
    book.give(row(form(1, 1, 2), 2000));
    book.again(table, "because", new Lsn(2000));
    assertThat(table.hasChangesFrom(new Lsn(1500))).isTrue();
    assertThat(table.hasChangesFrom(new Lsn(2000))).isTrue();
    assertThat(table.hasChangesFrom(new Lsn(2001))).isFalse();
  }

  @Test
  void norOneBelowRowsThatWereReadWhileItWasFollowed() throws Exception {
    TrackedTable table = member();
    book.again(table, "because", new Lsn(1000));
    while (!isEmpty()) {}
    book.give(row(form(1, 1, 2), 2000));
    assertThat(isEmpty()).as("they are not given").isTrue();
    assertThat(table.hasChangesFrom(new Lsn(1500))).isTrue();
    assertThat(table.hasChangesFrom(new Lsn(2001))).isFalse();
  }

  @Test
  void rowsReadInAFormThatHadEndedCostANewCopy() {
    TrackedTable table = member();
    book.alter(table, form(2, 1), 1500);
    book.alter(table, form(3, 1, 3), 1600);
    book.give(row(form(1, 1, 2), 2000));
    assertThat(table.state.phase()).isEqualTo(Phase.WAITING);
    assertThat(table.hasChangesFrom(new Lsn(1999))).isTrue();
  }

  /** Sinks double the place of a change within its transaction, to put others between. */
  @Test
  void theEndOfAPartitionHasAPlaceThatCanBeDoubled() throws Exception {
    TrackedTable table = member();
    TableName leaf = new TableName("public", "leaf");
    table.look = new TableLook(Map.of(8, new TableLook.Leaf(leaf, 1, "")), "", 2);
    new LeafBook(book).went(table, 8, LeafBook.Rows.DELETED, table.look.without(8), new Lsn(1000));
    List<Long> places = new ArrayList<>();
    SourceEvent event = queue.poll(Duration.ZERO);
    while (event != null) {
      if (event instanceof SourceEvent.Changes changes) {
        assertThat(changes.batch().op(0)).isEqualTo(Op.TRUNCATE);
        places.add(changes.batch().ordinal(0));
      }
      event = queue.poll(Duration.ZERO);
    }
    assertThat(places).singleElement().isNotNull();
    assertThat(places.get(0)).isBetween(1L << 61, Long.MAX_VALUE / 2);
  }

  @Test
  void rowsOfATransactionThatChangesTheFormCountInBoth() {
    TrackedTable table = member();
    book.alter(table, form(2, 1), 1500);
    book.give(row(form(1, 1, 2), 1400));
    book.give(row(form(1, 1, 2), 1500));
    assertThat(table.state.phase()).isEqualTo(Phase.MEMBER);
  }
}
