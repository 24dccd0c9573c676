package io.tidemark.kafka.sink;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.SinkException;
import io.tidemark.testkit.Batches;
import io.tidemark.testkit.Form;
import io.tidemark.testkit.Seen;
import io.tidemark.testkit.SinkContract;
import io.tidemark.testkit.SinkFixture;
import io.tidemark.testkit.SinkRowContract;
import io.tidemark.testkit.SinkSession;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What every sink promises, of topics with three partitions: seen by a consumer that applies the
 * records of each partition as they come.
 */
class KafkaSinkContractTest implements SinkContract, SinkRowContract {
  @Override
  public SinkFixture fixture() throws Exception {
    return new KafkaFixture(
        Map.of(
            "topic.creation.default.partitions", "3",
            "decimal.handling.mode", "string",
            "schemas.enable", "false"));
  }

  /** A hundred topics are made and read. */
  @Tag("thorough")
  @Test
  @Override
  public void manyTablesAreCommittedByOneAct() throws Exception {
    SinkContract.super.manyTablesAreCommittedByOneAct();
  }

  /** Events have names of columns and not their identity: a renamed column is another one. */
  @Test
  @Override
  public void columnsComeGoAndChangeBetweenFlushes() throws Exception {
    TableSchema first =
        Form.of("public.items").key("id", Form.BIGINT).column("stock", Form.INTEGER).schema();
    TableSchema added = Form.next(first).column("colour", Form.TEXT).schema();
    TableSchema widened = Form.next(added).retype("stock", Form.BIGINT).schema();
    TableSchema dropped = Form.next(widened).drop("colour").schema();
    ChangeBatch[] batches = {
      Batches.of(first).at(100).insert(1L, 1L).batch(),
      Batches.of(added).at(200).insert(2L, 2L, "red").batch(),
      Batches.of(widened).at(300).insert(3L, 1L << 40, "green").batch(),
      Batches.of(dropped).at(400).update(2L, 5L).batch()
    };
    try (SinkFixture destination = fixture();
        SinkSession session = SinkSession.open(destination)) {
      for (ChangeBatch batch : batches) {
        session.stage(batch).flush(batch.commitLsn(0) + 10);
      }
      Seen.in(destination).holds(dropped, batches);
    }
  }

  /** As above. */
  @Test
  @Override
  public void aFormChangesWithinOneFlush() throws Exception {
    TableSchema first =
        Form.of("public.items").key("id", Form.BIGINT).column("name", Form.TEXT).schema();
    TableSchema second = Form.next(first).column("stock", Form.BIGINT).schema();
    ChangeBatch before = Batches.of(first).at(100).insert(1L, "a").batch();
    ChangeBatch after = Batches.of(second).at(100, 1).insert(2L, "b", 7L).batch();
    try (SinkFixture destination = fixture();
        SinkSession session = SinkSession.open(destination)) {
      session.stage(before, after).flush(110);
      Seen.in(destination).holds(second, before, after);
    }
  }

  /** Debezium's events have no word for it, and one for the whole table would lose rows. */
  @Test
  @Override
  public void leafPartitionsAreKept() throws Exception {
    TableSchema parts = Form.of("public.parts").key("id", Form.BIGINT).partitioned().schema();
    ChangeBatch rows =
        Batches.of(parts).at(100).insert(1L).leaf("public.parts_1").insert(2L).batch();
    ChangeBatch truncate = Batches.of(parts).at(200).truncate().leaf("public.parts_1").batch();
    try (SinkFixture destination = fixture();
        SinkSession session = SinkSession.open(destination)) {
      session.stage(rows).flush(110);
      assertThatThrownBy(() -> session.stage(truncate))
          .isInstanceOf(SinkException.Rejected.class)
          .hasMessageContaining("TRUNCATE of the partition public.parts_1");
      Seen.in(destination).holds(parts, rows);
    }
  }
}
