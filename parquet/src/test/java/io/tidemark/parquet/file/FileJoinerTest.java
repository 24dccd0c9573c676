package io.tidemark.parquet.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableSchema;
import io.tidemark.parquet.Duck;
import io.tidemark.testkit.Batches;
import io.tidemark.testkit.Form;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are written again hold what they held, save what was to go. */
class FileJoinerTest {
  private static final TableSchema ITEMS =
      Form.of("public.items").key("id", Form.BIGINT).column("name", Form.TEXT).schema();

  @TempDir Path folder;

  @Test
  void everyValueSurvivesAJoin() throws Exception {
    long seed = new Random().nextLong();
    TypedValues values = new TypedValues(new Random(seed));
    List<List<String>> expected = new ArrayList<>();
    List<Path> files = new ArrayList<>();
    for (int size : new int[] {1, 500, 20, 3_000, 7}) {
      ChangeBatch batch = new ChangeBatch(TypedValues.schema());
      for (int row = 0; row < size; row++) {
        expected.add(values.addRow(batch, expected.size()));
      }
      files.add(write("part" + files.size(), batch));
    }
    Path joined = folder.resolve("joined.parquet");
    try (Encoder encoder = new Encoder(3);
        Duck duck = new Duck()) {
      FileFacts facts = FileJoiner.join(files, List.of(), joined, encoder);
      assertThat(facts.rows()).isEqualTo(expected.size());
      List<List<String>> read =
          duck.rows("SELECT " + TypedValues.select() + " FROM '" + joined + "' ORDER BY _seq");
      for (int row = 0; row < read.size(); row++) {
        assertThat(read.get(row)).as("seed " + seed + ", row " + row).isEqualTo(expected.get(row));
      }
      assertThat(
              duck.rows(
                  "SELECT count(DISTINCT row_group_id) FROM parquet_metadata('" + joined + "')"))
          .isEqualTo(List.of(List.of("1")));
      String form =
          "SELECT name, type, repetition_type, field_id, logical_type FROM parquet_schema('%s')";
      assertThat(duck.rows(String.format(form, joined)))
          .isEqualTo(duck.rows(String.format(form, files.get(0))));
    }
  }

  @Test
  void metadataOldRowsRawAndUnchangedSurviveAJoin() throws Exception {
    TableSchema docs =
        Form.of("public.docs")
            .key("id", Form.BIGINT)
            .column("body", Form.TEXT)
            .column("amount", Form.MONEY)
            .partitioned()
            .schema();
    List<Path> files = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      files.add(
          write(
              "odd" + i,
              Batches.of(docs)
                  .at(100 + i)
                  .insert((long) i, "long", new Batches.Raw("NaN"))
                  .leaf("docs_1")
                  .update(10L + i, Batches.UNCHANGED, null)
                  .oldKey((long) i)
                  .delete(10L + i)
                  .batch()));
    }
    Path joined = folder.resolve("joined.parquet");
    try (Encoder encoder = new Encoder(1);
        Duck duck = new Duck()) {
      FileFacts facts =
          FileJoiner.join(files, List.of("_old", "_partition", "amount__raw"), joined, encoder);
      assertThat(facts.unchanged()).isTrue();
      assertThat(facts.minLsn()).isEqualTo(100);
      assertThat(facts.maxLsn()).isEqualTo(102);
      assertThat(facts.extras()).containsExactly("_old", "_partition", "amount__raw");
      assertThat(duck.rows("SELECT * FROM '" + joined + "' ORDER BY _lsn, _seq"))
          .hasSize(9)
          .isEqualTo(duck.rows("SELECT * FROM " + Duck.files(files) + " ORDER BY _lsn, _seq"));
    }
  }

  @Test
  void filesOfDifferentFormsAreNotJoined() throws Exception {
    TableSchema wider = Form.next(ITEMS).column("more", Form.TEXT).schema();
    Path one = write("one", Batches.of(ITEMS).at(1).insert(1L, "a").batch());
    Path two = write("two", Batches.of(wider).at(2).insert(1L, "a", "b").batch());
    try (Encoder encoder = new Encoder(1)) {
      assertThatThrownBy(
              () ->
                  FileJoiner.join(
                      List.of(one, two), List.of(), folder.resolve("x.parquet"), encoder))
          .hasMessage("files of one table and version have different columns");
    }
  }

  @Test
  void aKeyIsTakenOutAndTheKeysAroundItStayWhatTheyAre() throws Exception {
    Path file =
        write(
            "history",
            Batches.of(ITEMS)
                .at(100)
                .insert(1L, "before")
                .insert(2L, "secret")
                .update(2L, "secret too")
                .update(3L, "came from 2")
                .oldKey(2L)
                .update(2L, "came from 1")
                .oldKey(1L)
                .insert(4L, "other")
                .delete(2L)
                .batch());
    KeyHistory history = KeyHistory.scan(file, Map.of(1, "2"));
    assertThat(history.lastLife()).isEqualTo(new KeyHistory.Place(100, 4));
    assertThat(history.lastEnd()).isEqualTo(new KeyHistory.Place(100, 6));
    assertThat(history.valuesLeanOnIt()).isFalse();
    Path rest = folder.resolve("rest.parquet");
    try (Encoder encoder = new Encoder(1);
        Duck duck = new Duck()) {
      FileFacts facts = FileJoiner.without(history, file, List.of("_old"), rest, encoder);
      assertThat(facts.rows()).isEqualTo(4);
      assertThat(duck.rows("SELECT _seq, _op, id, name, _old FROM '" + rest + "' ORDER BY _seq"))
          .isEqualTo(
              List.of(
                  Arrays.asList("0", "c", "1", "before", null),
                  Arrays.asList("3", "u", "3", "came from 2", null),
                  Arrays.asList("4", "d", "1", null, null),
                  Arrays.asList("5", "c", "4", "other", null)));
    }
  }

  @Test
  void whatIsNoValueOfTheKeyIsRefused() throws Exception {
    Path file = write("items", Batches.of(ITEMS).at(1).insert(1L, "a").batch());
    assertThat(KeyHistory.scan(file, Map.of(1, "7")).isEmpty()).isTrue();
    assertThatThrownBy(() -> KeyHistory.scan(file, Map.of(1, "x")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("what is given for column id is no value of its type");
    assertThatThrownBy(() -> KeyHistory.scan(file, Map.of(9, "1")))
        .hasMessageStartingWith("an older form of the table has no such column");
    assertThatThrownBy(() -> KeyHistory.byId(file, Map.of("nothing", "1")))
        .hasMessage("there is no column nothing");
  }

  private Path write(String name, ChangeBatch batch) throws Exception {
    Path path = folder.resolve(name + ".parquet");
    List<RowRun> runs = List.of(RowRun.all(batch));
    try (Encoder encoder = new Encoder(1);
        ChangeFileWriter file = new ChangeFileWriter(path, FileLayout.of(batch.schema(), runs))) {
      file.write(runs, encoder);
      file.finish();
    }
    return path;
  }
}
