package io.tidemark.testkit;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import io.tidemark.api.model.TableState.Phase;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * What every sink keeps of rows: each operation, each kind of value, old rows, and all of them
 * while a table's form changes. Judged by current rows, by history, or by both, as the destination
 * keeps them.
 */
public interface SinkRowContract {
  /** A new, empty destination. */
  SinkFixture fixture() throws Exception;

  /** Writes batches in one flush each and compares all of them with what a reader sees. */
  private void roundTrip(TableSchema newest, ChangeBatch... batches) throws Exception {
    try (SinkFixture destination = fixture();
        SinkSession session = SinkSession.open(destination)) {
      for (ChangeBatch batch : batches) {
        long last = batch.commitLsn(batch.size() - 1);
        session.stage(batch).flush(last + 10);
      }
      Seen.in(destination).holds(newest, batches);
    }
  }

  @Test
  default void everyOperation() throws Exception {
    TableSchema items =
        Form.of("public.items").key("id", Form.BIGINT).column("name", Form.TEXT).schema();
    roundTrip(
        items,
        Batches.of(items)
            .at(99)
            .attempt()
            .read(1L, "read")
            .at(100)
            .insert(2L, "new")
            .update(2L, "newer")
            .update(3L, "moved")
            .oldKey(2L)
            .delete(3L)
            .at(200)
            .truncate()
            .insert(4L, null)
            .batch());
  }

  @Test
  default void oldRowsWhereTheLogHasThem() throws Exception {
    TableSchema full =
        Form.of("public.full")
            .key("id", Form.BIGINT)
            .column("name", Form.TEXT)
            .identity(ReplicaIdentity.FULL)
            .schema();
    roundTrip(
        full,
        Batches.of(full)
            .at(100)
            .insert(1L, "a")
            .update(1L, "b")
            .oldRow(1L, "a")
            .update(1L, "c")
            .oldRow(1L, null)
            .insert(2L, "no old row behind one with it")
            .delete(1L, "c")
            .batch());
  }

  @Test
  default void unchangedAndRawValuesAreFactsAndNoValues() throws Exception {
    TableSchema docs =
        Form.of("public.docs")
            .key("id", Form.BIGINT)
            .column("body", Form.TEXT)
            .column("amount", Form.MONEY)
            .column("at", Form.TIMESTAMPTZ)
            .schema();
    roundTrip(
        docs,
        Batches.of(docs)
            .at(100)
            .insert(1L, "long", new BigDecimal("1.50"), Instant.parse("2026-11-21T00:00:00Z"))
            .update(1L, Batches.UNCHANGED, new BigDecimal("2.50"), null)
            .update(1L, Batches.UNCHANGED, new Batches.Raw("NaN"), new Batches.Raw("infinity"))
            .insert(2L, null, null, null)
            .batch(),
        Batches.of(docs).at(200).insert(3L, "no odd value in this file").batch());
  }

  @Test
  default void leafPartitionsAreKept() throws Exception {
    TableSchema parts = Form.of("public.parts").key("id", Form.BIGINT).partitioned().schema();
    roundTrip(
        parts,
        Batches.of(parts)
            .at(100)
            .insert(1L)
            .leaf("public.parts_1")
            .insert(2L)
            .leaf("public.parts_2")
            .truncate()
            .leaf("public.parts_1")
            .truncate()
            .batch());
  }

  @Test
  default void everyTypeAtItsEdges() throws Exception {
    TableSchema types =
        Form.of("public.types")
            .key("id", Form.BIGINT)
            .column("b", new DataType.Bool())
            .column("i2", new DataType.Int(16))
            .column("i4", new DataType.Int(32))
            .column("i8", new DataType.Int(64))
            .column("f4", new DataType.Float(32))
            .column("f8", new DataType.Float(64))
            .column("d18", new DataType.Decimal(18, 4))
            .column("d38", new DataType.Decimal(38, 10))
            .column("t", new DataType.Text())
            .column("j", new DataType.Json())
            .column("y", new DataType.Bytes())
            .column("u", new DataType.Uuid())
            .column("dt", new DataType.Date())
            .column("tm", new DataType.Time())
            .column("ts", new DataType.Timestamp(false))
            .column("tz", new DataType.Timestamp(true))
            .schema();
    roundTrip(
        types,
        Batches.of(types)
            .at(100)
            .insert(
                1L,
                true,
                Short.MAX_VALUE,
                Integer.MAX_VALUE,
                Long.MAX_VALUE,
                1.5f,
                -2.25,
                new BigDecimal("99999999999999.9999"),
                new BigDecimal("9999999999999999999999999999.9999999999"),
                "ünï\uD83C\uDF0A",
                "{\"a\": [1, null]}",
                new byte[] {0, -1, 127},
                UUID.fromString("ffffffff-ffff-4fff-bfff-ffffffffffff"),
                LocalDate.of(9999, 12, 31),
                LocalTime.of(23, 59, 59, 999_999_000),
                LocalDateTime.of(2026, 3, 29, 2, 30),
                Instant.parse("2026-03-29T01:30:00.000001Z"))
            .insert(
                2L,
                false,
                Short.MIN_VALUE,
                Integer.MIN_VALUE,
                Long.MIN_VALUE,
                -0.5f,
                1e300,
                new BigDecimal("-99999999999999.9999"),
                new BigDecimal("-9999999999999999999999999999.9999999999"),
                "",
                "null",
                new byte[0],
                new UUID(0, 0),
                LocalDate.of(1, 1, 1),
                LocalTime.MIDNIGHT,
                LocalDateTime.of(1, 1, 1, 0, 0),
                Instant.parse("1969-12-31T23:59:59.999999Z"))
            .insert(3L)
            .batch());
  }

  @Test
  default void listsAndComposites() throws Exception {
    DataType pair =
        new DataType.Struct(
            List.of(
                new DataType.Field("word", new DataType.Text()),
                new DataType.Field("count", new DataType.Int(64))));
    TableSchema nested =
        Form.of("public.nested")
            .key("id", Form.BIGINT)
            .column("words", new DataType.ListOf(new DataType.Text()))
            .column("numbers", new DataType.ListOf(new DataType.Int(32)))
            .column("pair", pair)
            .schema();
    roundTrip(
        nested,
        Batches.of(nested)
            .at(100)
            .insert(1L, Arrays.asList("a", null, ""), List.of(1L, 2L), Arrays.asList("x", 7L))
            .insert(2L, List.of(), List.of(), Arrays.asList(null, null))
            .insert(3L)
            .batch());
  }

  @Test
  default void columnsComeGoAndChangeBetweenFlushes() throws Exception {
    TableSchema first =
        Form.of("public.items")
            .key("id", Form.BIGINT)
            .column("name", Form.TEXT)
            .column("stock", Form.INTEGER)
            .schema();
    TableSchema added = Form.next(first).column("colour", Form.TEXT).schema();
    TableSchema renamed = Form.next(added).rename("name", "title").schema();
    TableSchema widened = Form.next(renamed).retype("stock", Form.BIGINT).schema();
    TableSchema dropped = Form.next(widened).drop("colour").schema();
    TableSchema again = Form.next(dropped).gone().column("colour", Form.BIGINT).schema();
    roundTrip(
        again,
        Batches.of(first).at(100).insert(1L, "a", 1L).batch(),
        Batches.of(added).at(200).insert(2L, "b", 2L, "red").batch(),
        Batches.of(renamed).at(300).update(2L, "bb", 3L, "blue").batch(),
        Batches.of(widened).at(400).insert(3L, "c", 1L << 40, "green").batch(),
        Batches.of(dropped).at(500).insert(4L, "d", 5L).batch(),
        Batches.of(again).at(600).insert(5L, "e", 6L, 255L).batch());
  }

  @Test
  default void aFormChangesWithinOneFlush() throws Exception {
    TableSchema first =
        Form.of("public.items").key("id", Form.BIGINT).column("name", Form.TEXT).schema();
    TableSchema second =
        Form.next(first).rename("name", "title").column("stock", Form.BIGINT).schema();
    ChangeBatch before = Batches.of(first).at(100).insert(1L, "a").batch();
    ChangeBatch after = Batches.of(second).at(100, 1).insert(2L, "b", 7L).batch();
    try (SinkFixture destination = fixture();
        SinkSession session = SinkSession.open(destination)) {
      session.stage(before, after).flush(110);
      Seen.in(destination).holds(second, before, after);
    }
    try (SinkFixture destination = fixture();
        SinkSession session = SinkSession.open(destination)) {
      session.stage(before).flush(110);
      session.sink().prepare(second);
      session.sink().prepare(second);
      destination.kill(session.sink());
      try (SinkSession next = SinkSession.open(destination)) {
        next.stage(after).flush(210);
        Seen.in(destination).holds(second, before, after);
      }
    }
  }

  @Test
  default void aTableWithoutAKeyKeepsEqualRows() throws Exception {
    TableSchema plain = Form.of("public.plain").column("word", Form.TEXT).schema();
    roundTrip(
        plain,
        Batches.of(plain)
            .at(100)
            .insert("x")
            .insert("x")
            .insert((Object) null)
            .delete("x")
            .batch());
  }

  @Test
  default void rowsOfACopyArriveAmongThoseOfTheStream() throws Exception {
    TableSchema items =
        Form.of("public.items").key("id", Form.BIGINT).column("name", Form.TEXT).schema();
    ChangeBatch begin = Batches.of(items).at(99).attempt().read(1L, "copied").batch();
    ChangeBatch stream = Batches.of(items).at(200).update(1L, "changed").batch();
    ChangeBatch more = Batches.of(items).at(99, 2).read(2L, "copied later").batch();
    try (SinkFixture destination = fixture();
        SinkSession session = SinkSession.open(destination)) {
      session.phase(items.name(), Phase.COPYING).stage(begin).flush(150);
      session.stage(stream).flush(210).stage(more).flush(210);
      session.phase(items.name(), Phase.CATCHING_UP).flush(210);
      session.phase(items.name(), Phase.MEMBER).flush(210);
      Seen.in(destination).holds(items, begin, more, stream);
    }
  }

  @Test
  default void largeBatchesAndLargeTransactionsStayWhole() throws Exception {
    TableSchema items =
        Form.of("public.items").key("id", Form.BIGINT).column("name", Form.TEXT).schema();
    int batches = 5;
    int rows = 6_000;
    try (SinkFixture destination = fixture();
        SinkSession session = SinkSession.open(destination)) {
      List<ChangeBatch> expected = new ArrayList<>();
      for (int b = 0; b < batches; b++) {
        Batches batch = Batches.of(items).at(100, (long) b * rows);
        for (long i = 0; i < rows; i++) {
          batch.insert(b * rows + i, "name of " + i + " in batch " + b);
        }
        expected.add(batch.batch());
      }
      expected.add(Batches.of(items).at(200).insert(-1L, "y".repeat(3 << 20)).batch());
      session.stage(expected.toArray(ChangeBatch[]::new)).flush(210);
      Seen.in(destination).holds(items, expected);
    }
  }
}
