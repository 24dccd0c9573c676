package io.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.copy.CopyReader;
import io.tidemark.api.copy.CopyReader.KeyRange;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.testkit.ScriptedSource.Script;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What reading a copy back promises. Needs a fixture with a reader. */
public interface CopyReaderContract {
  /** A new, empty destination with a reader. */
  SinkFixture fixture() throws Exception;

  TableSchema ITEMS =
      Form.of("public.items")
          .key("id", Form.BIGINT)
          .column("name", Form.TEXT)
          .column("price", Form.MONEY)
          .column("at", Form.TIMESTAMPTZ)
          .schema();

  private static List<List<String>> rows(CopyReader reader, TableName table, KeyRange range) {
    List<List<String>> rows = new ArrayList<>();
    reader.rows(table, range).forEachRemaining(rows::add);
    return rows;
  }

  @Test
  default void currentRowsAreThoseLeftAtTheTidemark() throws Exception {
    BigDecimal price = new BigDecimal("1.50");
    Instant at = Instant.parse("2026-11-21T01:02:03.5Z");
    try (SinkFixture destination = fixture();
        SinkSession session = SinkSession.open(destination)) {
      session.stage(
          Batches.of(ITEMS)
              .at(99)
              .attempt()
              .read(1L, "one", price, at)
              .read(2L, "two", price, at)
              .read(3L, "three", price, at)
              .read(10L, "ten", price, at)
              .batch());
      session.flush(110);
      session.stage(
          Batches.of(ITEMS)
              .at(200)
              .update(1L, Batches.UNCHANGED, new BigDecimal("2.00"), null)
              .delete(2L)
              .update(4L, "three moved", price, at)
              .oldKey(3L)
              .insert(5L, "", new Batches.Raw("NaN"), new Batches.Raw("infinity"))
              .batch());
      session.flush(210);
      try (CopyReader reader = destination.reader().orElseThrow()) {
        assertThat(reader.tidemark()).isEqualTo(Script.position(210));
        assertThat(rows(reader, ITEMS.name(), KeyRange.ALL))
            .containsExactly(
                Arrays.asList("1", "one", "2.00", null),
                List.of("4", "three moved", "1.50", "2026-11-21 01:02:03.5+00"),
                List.of("5", "", "NaN", "infinity"),
                List.of("10", "ten", "1.50", "2026-11-21 01:02:03.5+00"));
        assertThat(
                rows(
                    reader,
                    ITEMS.name(),
                    new KeyRange(Optional.of(List.of("4")), Optional.of(List.of("10")))))
            .extracting(row -> row.get(0))
            .containsExactly("4", "5");
      }
    }
  }

  @Test
  default void rowsAreLookedUpByTheirKeys() throws Exception {
    TableSchema pairs =
        Form.of("public.pairs")
            .key("a", Form.BIGINT)
            .key("b", Form.TEXT)
            .column("note", Form.TEXT)
            .schema();
    try (SinkFixture destination = fixture();
        SinkSession session = SinkSession.open(destination)) {
      session.stage(
          Batches.of(pairs)
              .at(100)
              .insert(1L, "it's", "x")
              .insert(1L, "b", "y")
              .insert(2L, "b", null)
              .insert(3L, "", "z")
              .at(101)
              .delete(2L, "b")
              .update(1L, "b", "yy")
              .batch());
      session.stage(Batches.of(ITEMS).at(102).insert(1L, "one").insert(2L, "two").batch());
      session.flush(110);
      try (CopyReader reader = destination.reader().orElseThrow()) {
        List<List<String>> found = new ArrayList<>();
        reader
            .lookUp(
                pairs.name(),
                List.of(
                    List.of("1", "it's"), List.of("1", "b"), List.of("2", "b"), List.of("3", "")))
            .forEachRemaining(found::add);
        assertThat(found)
            .containsExactlyInAnyOrder(
                List.of("1", "it's", "x"), List.of("1", "b", "yy"), List.of("3", "", "z"));
        assertThat(reader.lookUp(pairs.name(), List.of()).hasNext()).isFalse();
        assertThat(reader.lookUp(ITEMS.name(), List.of(List.of("2"), List.of("3"))).next())
            .startsWith("2", "two");
      }
    }
  }

  @Test
  default void aReaderStaysAtItsTidemark() throws Exception {
    try (SinkFixture destination = fixture();
        SinkSession session = SinkSession.open(destination)) {
      session.stage(Batches.of(ITEMS).at(100).insert(1L, "a").batch()).flush(110);
      try (CopyReader reader = destination.reader().orElseThrow()) {
        session.stage(Batches.of(ITEMS).at(200).insert(2L, "b").batch()).flush(210);
        assertThat(reader.tidemark()).isEqualTo(Script.position(110));
        assertThat(rows(reader, ITEMS.name(), KeyRange.ALL))
            .containsExactly(Arrays.asList("1", "a", null, null));
      }
    }
  }

  @Test
  default void truncateANewAttemptAndNewColumns() throws Exception {
    TableSchema wide =
        Form.next(ITEMS)
            .rename("name", "title")
            .drop("at")
            .column("stock", Form.BIGINT, "7")
            .schema();
    try (SinkFixture destination = fixture();
        SinkSession session = SinkSession.open(destination)) {
      session.stage(Batches.of(ITEMS).at(100).insert(1L, "gone").truncate().batch());
      session.stage(Batches.of(ITEMS).at(200).insert(2L, "kept").batch()).flush(210);
      session.stage(Batches.of(wide).at(300).insert(3L, "new", null, 9L).batch()).flush(310);
      try (CopyReader reader = destination.reader().orElseThrow()) {
        assertThat(rows(reader, ITEMS.name(), KeyRange.ALL))
            .containsExactly(
                Arrays.asList("2", "kept", null, "7"), Arrays.asList("3", "new", null, "9"));
      }
      session.stage(Batches.of(wide).at(399).attempt().read(8L, "copied", null, 1L).batch());
      session.flush(410);
      try (CopyReader reader = destination.reader().orElseThrow()) {
        assertThat(rows(reader, ITEMS.name(), KeyRange.ALL))
            .containsExactly(Arrays.asList("8", "copied", null, "1"));
      }
    }
  }

  @Test
  default void aTableWithoutAKeyIsAMultiset() throws Exception {
    TableSchema plain =
        Form.of("public.plain").column("word", Form.TEXT).column("n", Form.BIGINT).schema();
    try (SinkFixture destination = fixture();
        SinkSession session = SinkSession.open(destination)) {
      session.stage(
          Batches.of(plain)
              .at(100)
              .insert("x", 1L)
              .insert("x", 1L)
              .insert("x", 1L)
              .insert("y", null)
              .delete("x", 1L)
              .batch());
      session.flush(110);
      try (CopyReader reader = destination.reader().orElseThrow()) {
        assertThat(rows(reader, plain.name(), KeyRange.ALL))
            .containsExactlyInAnyOrder(
                List.of("x", "1"), List.of("x", "1"), Arrays.asList("y", null));
      }
    }
  }
}
