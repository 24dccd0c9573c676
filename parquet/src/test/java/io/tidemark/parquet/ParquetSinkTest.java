package io.tidemark.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.SinkState;
import io.tidemark.parquet.state.AsOf;
import io.tidemark.parquet.state.LakeState;
import io.tidemark.parquet.state.StateReader;
import io.tidemark.parquet.store.Exclusion;
import io.tidemark.parquet.store.FolderStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the sink promises beyond the contract that all sinks share, in a folder. */
class ParquetSinkTest {
  private static final TableSchema ORDERS = SinkRows.table("orders");

  @TempDir Path root;
  private final List<ParquetSink> sinks = new java.util.ArrayList<>();

  private ParquetSink sink() {
    ParquetSink sink = new ParquetSink(ParquetConfig.of(root.toString()));
    sinks.add(sink);
    return sink;
  }

  @AfterEach
  void close() {
    sinks.forEach(ParquetSink::close);
  }

  private LakeState state() throws Exception {
    return new StateReader(new FolderStore(root, Exclusion.STORE)).load(AsOf.LATEST).orElseThrow();
  }

  private List<Path> counting() throws Exception {
    return state().files().stream().map(file -> root.resolve(file.path())).toList();
  }

  private List<Path> dataFiles() throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      return files.filter(file -> file.toString().endsWith(".parquet")).sorted().toList();
    }
  }

  @Test
  void whatIsCommittedIsReadBackAndFoundAgain() throws Exception {
    ParquetSink sink = sink();
    SinkState opened = sink.open();
    assertThat(opened.isNew()).isTrue();
    sink.prepare(ORDERS);
    sink.stage(SinkRows.rows(ORDERS, 0, 10));
    SinkRows.commit(sink, 200, Map.of("a", Optional.of("1"), "b", Optional.of("2")));
    sink.stage(SinkRows.rows(ORDERS, 10, 12));
    SinkRows.commit(sink, 300, Map.of("a", Optional.empty(), "c", Optional.of("\u00e9\n\"")));

    SinkState again = sink().open();
    assertThat(again.tidemark()).isEqualTo(SinkRows.at(300));
    assertThat(again.entries()).isEqualTo(Map.of("b", "2", "c", "\u00e9\n\""));
    assertThat(again.epoch()).isGreaterThan(opened.epoch());
    try (Duck duck = new Duck()) {
      List<List<String>> rows =
          duck.rows("SELECT id, v, _lsn FROM " + Duck.files(counting()) + " ORDER BY id");
      assertThat(rows).hasSize(12);
      for (int id = 0; id < 12; id++) {
        assertThat(rows.get(id)).isEqualTo(List.of("" + id, "v" + id, Integer.toString(100 + id)));
      }
    }
  }

  @Test
  void filesAreNamedByTableDateTimeAndLsn() throws Exception {
    ParquetSink sink = sink();
    sink.open();
    TableSchema other = SinkRows.table("shop.order items");
    sink.stage(SinkRows.rows(ORDERS, 0, 1));
    sink.stage(SinkRows.rows(ORDERS, 1, 2, SinkRows.NOON + SinkRows.DAY + 1));
    sink.stage(SinkRows.rows(other, 2, 3));
    SinkRows.commit(sink, 0x1AB);
    assertThat(state().files())
        .extracting(file -> file.path().replaceAll("_[0-9]+\\.parquet", "_N.parquet"))
        .containsExactlyInAnyOrder(
            "orders/date=2024-10-04/orders_120000000000_00000000000001AB_N.parquet",
            "orders/date=2024-10-05/orders_120000000001_00000000000001AB_N.parquet",
            "shop.order%20items/date=2024-10-04/shop.order%20items_120000000000_00000000000001AB_N.parquet");
    assertThat(counting()).hasSameElementsAs(dataFiles());
  }

  @Test
  void whatWasSealedAndNotCommittedIsGoneAfterOpen() throws Exception {
    ParquetSink sink = sink();
    sink.open();
    sink.stage(SinkRows.rows(ORDERS, 0, 1));
    SinkRows.commit(sink, 200);
    sink.stage(SinkRows.rows(ORDERS, 1, 2));
    sink.seal(SinkRows.at(300));
    assertThat(dataFiles()).hasSize(2);
    Path foreign = Files.writeString(root.resolve("orders/mine.parquet"), "not ours");

    assertThat(sink().open().tidemark()).isEqualTo(SinkRows.at(200));
    assertThat(dataFiles()).contains(foreign).hasSize(2).containsAll(counting());
  }

  @Test
  void anOpenOnTheSameSinkForgetsWhatWasStaged() throws Exception {
    ParquetSink sink = sink();
    sink.open();
    sink.stage(SinkRows.rows(ORDERS, 0, 5));
    sink.open();
    assertThat(sink.seal(SinkRows.at(100))).isEmpty();
    sink.stage(SinkRows.rows(ORDERS, 0, 2));
    sink.seal(SinkRows.at(150));
    sink.open();
    assertThat(dataFiles()).isEmpty();
    sink.stage(SinkRows.rows(ORDERS, 0, 3));
    SinkRows.commit(sink, 200);
    assertThat(state().files()).extracting(file -> file.rows()).containsExactly(3L);
  }

  @Test
  void anOlderWriterIsFencedAndCanPublishNothing() throws Exception {
    ParquetSink old = sink();
    old.open();
    old.stage(SinkRows.rows(ORDERS, 0, 1));
    SinkRows.commit(old, 200);
    old.stage(SinkRows.rows(ORDERS, 1, 2));
    ParquetSink young = sink();
    young.open();
    young.stage(SinkRows.rows(ORDERS, 1, 3));
    SinkRows.commit(young, 300);

    assertThatThrownBy(() -> SinkRows.commit(old, 250)).isInstanceOf(SinkException.Fenced.class);
    assertThatThrownBy(() -> SinkRows.commit(old, 250)).isInstanceOf(SinkException.Fenced.class);
    assertThat(state().tidemark()).isEqualTo(SinkRows.at(300));
    assertThat(state().files().stream().mapToLong(file -> file.rows()).sum()).isEqualTo(3);
  }

  @Test
  void dataWithoutStateIsRefused() throws Exception {
    ParquetSink sink = sink();
    sink.open();
    sink.stage(SinkRows.rows(ORDERS, 0, 1));
    SinkRows.commit(sink, 200);
    try (Stream<Path> state = Files.list(root.resolve("_tidemark/state"))) {
      for (Path object : state.toList()) {
        Files.delete(object);
      }
    }
    assertThatThrownBy(() -> sink().open())
        .isInstanceOf(TidemarkException.class)
        .hasMessage(
            "Cannot begin in "
                + root
                + ": it holds 1 data files of a lake but no state under _tidemark/state. Restore"
                + " that folder from a backup, or choose an empty place, or remove the files.");
  }

  @Test
  void aMissingDataFileIsRefused() throws Exception {
    ParquetSink sink = sink();
    sink.open();
    sink.stage(SinkRows.rows(ORDERS, 0, 1));
    SinkRows.commit(sink, 200);
    Files.delete(counting().get(0));
    assertThatThrownBy(() -> sink().open())
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining("1 data files that its state names are missing");
  }

  @Test
  void aLargeFlushIsSpreadOverRowGroupsAndFilesThatBecomeVisibleTogether() throws Exception {
    ParquetSink sink =
        new ParquetSink(
            ParquetConfig.of(
                Map.of(
                    "path", root.toString(),
                    "row-group-bytes", "1MiB",
                    "target-file-bytes", "256KiB")));
    sinks.add(sink);
    sink.open();
    for (int i = 0; i < 30; i++) {
      sink.stage(SinkRows.rows(ORDERS, i * 10_000, (i + 1) * 10_000));
    }
    assertThat(dataFiles()).isEmpty();
    SinkRows.commit(sink, 1_000_000);
    assertThat(counting()).hasSizeGreaterThan(1);
    try (Duck duck = new Duck()) {
      assertThat(
              duck.rows(
                  "SELECT count(*), count(DISTINCT id), max(id), bool_and(v = 'v' || id) FROM "
                      + Duck.files(counting())))
          .isEqualTo(List.of(List.of("300000", "300000", "299999", "true")));
    }
  }

  @Test
  void namesThatFilesUseAreRejected() throws Exception {
    ParquetSink sink = sink();
    for (String name : List.of("_op", "_LSN", "price__raw", "ID")) {
      TableSchema schema =
          new TableSchema(
              new TableName("public", "t"),
              1,
              1,
              List.of(
                  TestTables.column(1, "id", new DataType.Int(64), "bigint"),
                  TestTables.column(2, name, new DataType.Text(), "text")),
              List.of(1),
              ReplicaIdentity.DEFAULT,
              false);
      assertThatThrownBy(() -> sink.prepare(schema))
          .isInstanceOf(SinkException.Rejected.class)
          .hasMessageContaining("column " + name);
    }
  }

  @Test
  void anEmptyCommitMovesTheTidemark() throws Exception {
    ParquetSink sink = sink();
    sink.open();
    SinkRows.commit(sink, 500);
    assertThat(sink().open().tidemark()).isEqualTo(SinkRows.at(500));
    assertThat(Position.NONE.covers(SinkRows.at(500))).isFalse();
  }
}
