package io.tidemark.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.copy.CopiedTable.DataFile;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.SinkException;
import io.tidemark.embedded.EmbeddedS3;
import io.tidemark.parquet.state.AsOf;
import io.tidemark.parquet.state.LakeFile;
import io.tidemark.testkit.Batches;
import io.tidemark.testkit.Form;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Joining files, ending retention, erasing keys: what readers see before, meanwhile and after. */
class LakeUpkeepTest {
  private static final TableSchema ORDERS = SinkRows.table("orders");
  private static final String ALL = "SELECT id, v, _op, _lsn, _seq, _xid, _committed_at";

  @TempDir Path folder;

  private ParquetConfig config(String... options) {
    Map<String, String> all = new java.util.TreeMap<>();
    all.put("path", folder.resolve("lake").toString());
    for (int i = 0; i < options.length; i += 2) {
      all.put(options[i], options[i + 1]);
    }
    return ParquetConfig.of(all);
  }

  private ParquetLake lake(ParquetConfig config) {
    return ParquetLake.open(config, folder.resolve("cache"), 1 << 30);
  }

  private static void writeFlushes(ParquetSink sink, int from, int to) throws Exception {
    for (int i = from; i < to; i++) {
      sink.stage(SinkRows.rows(ORDERS, i * 10, i * 10 + 10));
      SinkRows.commit(sink, 100 + (i + 1) * 10, Map.of("flush", Optional.of("" + i)));
    }
  }

  private static List<List<String>> rows(LakeView view, Duck duck) throws Exception {
    List<Path> paths =
        view.files(ORDERS.name()).stream().map(DataFile::path).map(Path::of).toList();
    return duck.rows(ALL + " FROM " + Duck.files(paths) + " ORDER BY _lsn, _seq");
  }

  private long dataFiles() throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve("lake"))) {
      return files
          .map(Path::toString)
          .filter(file -> file.endsWith(".parquet") || file.endsWith(".joined"))
          .count();
    }
  }

  @Test
  void joiningKeepsEveryValueAndEveryRetainedTidemark() throws Exception {
    ParquetConfig config = config();
    try (ParquetSink sink = new ParquetSink(config)) {
      sink.open();
      writeFlushes(sink, 0, 30);
    }
    try (ParquetLake lake = lake(config);
        LakeView before = lake.at(AsOf.LATEST);
        Duck duck = new Duck()) {
      List<List<String>> expected = rows(before, duck);
      assertThat(expected).hasSize(300);
      try (LakeUpkeep upkeep = LakeUpkeep.open(config)) {
        LakeUpkeep.Report report = upkeep.compact();
        assertThat(report.filesBefore()).isEqualTo(30);
        assertThat(report.filesAfter()).isEqualTo(1);
        assertThat(upkeep.compact().filesBefore()).isZero();
      }
      try (LakeView after = lake.at(AsOf.LATEST);
          LakeView early = lake.at(new AsOf.Tidemark(new Lsn(200)))) {
        assertThat(after.tables().get(ORDERS.name())).hasSize(1);
        assertThat(after.tidemark()).isEqualTo(before.tidemark());
        assertThat(after.entries()).isEqualTo(before.entries());
        assertThat(rows(after, duck)).isEqualTo(expected);
        assertThat(rows(before, duck)).isEqualTo(expected);
        assertThat(rows(early, duck)).isEqualTo(expected.subList(0, 100));
      }
    }
    try (ParquetSink sink = new ParquetSink(config)) {
      assertThat(sink.open().entries()).isEqualTo(Map.of("flush", "29"));
      writeFlushes(sink, 30, 31);
    }
    try (ParquetLake lake = lake(config);
        LakeView view = lake.at(AsOf.LATEST);
        Duck duck = new Duck()) {
      assertThat(rows(view, duck)).hasSize(310);
      LakeFile joined = view.tables().get(ORDERS.name()).get(0);
      assertThat(joined.rows()).isEqualTo(300);
      assertThat(joined.minLsn()).isEqualTo(new Lsn(100).toString());
      assertThat(joined.maxLsn()).isEqualTo(new Lsn(399).toString());
    }
  }

  @Test
  void aPipelineThatRunsJoinsItsOwnFiles() throws Exception {
    ParquetConfig config = config("compact", "true");
    try (ParquetSink sink = new ParquetSink(config);
        ParquetLake lake = lake(config);
        Duck duck = new Duck()) {
      sink.open();
      int flush = 0;
      int files = Integer.MAX_VALUE;
      while (files >= flush) {
        assertThat(flush).isLessThan(2_000);
        writeFlushes(sink, flush, flush + 1);
        flush++;
        try (LakeView view = lake.at(AsOf.LATEST)) {
          files = view.files(ORDERS.name()).size();
        }
      }
      try (LakeView view = lake.at(AsOf.LATEST)) {
        List<List<String>> rows = rows(view, duck);
        assertThat(rows).hasSize(flush * 10);
        for (int id = 0; id < rows.size(); id++) {
          assertThat(rows.get(id).subList(0, 4))
              .isEqualTo(List.of("" + id, "v" + id, "c", "" + (100 + id)));
        }
      }
    }
  }

  @Test
  void filesThatCannotBeJoinedDoNotKeepOthersFromIt() throws Exception {
    ParquetConfig config = config();
    TableSchema broken = SinkRows.table("broken");
    try (ParquetSink sink =
            new ParquetSink(
                config, LakeStores.open(config), Clock.systemUTC(), new SinkUpkeep.Pace(4, 1));
        ParquetLake lake = lake(config)) {
      sink.open();
      boolean joined = false;
      for (int flush = 0; !joined; flush++) {
        assertThat(flush).isLessThan(1_000);
        sink.stage(SinkRows.rows(broken, flush * 10, flush * 10 + 10));
        writeFlushes(sink, flush, flush + 1);
        try (LakeView view = lake.at(AsOf.LATEST)) {
          if (flush == 0) {
            String first = view.tables().get(broken.name()).get(0).path();
            Files.writeString(folder.resolve("lake").resolve(first), "no Parquet");
          }
          assertThat(view.tables().get(broken.name())).noneMatch(LakeFile::isAside);
          joined = view.tables().get(ORDERS.name()).stream().anyMatch(LakeFile::isAside);
        }
      }
      sink.open(); // waits for the join that runs
    }
  }

  @Test
  void whatIsNoLongerRetainedIsDeleted() throws Exception {
    ParquetConfig config = config();
    try (ParquetSink sink = new ParquetSink(config)) {
      sink.open();
      writeFlushes(sink, 0, 10);
    }
    try (LakeUpkeep upkeep = LakeUpkeep.open(config)) {
      upkeep.compact();
      upkeep.forget(0);
    }
    // Files that were joined stay for the readers that have begun.
    assertThat(dataFiles()).isEqualTo(11);
    try (Stream<Path> state = Files.list(folder.resolve("lake/_tidemark/state"))) {
      assertThat(state).hasSize(1);
    }
    try (ParquetLake lake = lake(config);
        LakeView view = lake.at(AsOf.LATEST);
        Duck duck = new Duck()) {
      assertThat(rows(view, duck)).hasSize(100);
      assertThatThrownBy(() -> lake.at(new AsOf.Tidemark(new Lsn(150))))
          .isInstanceOf(TidemarkException.class)
          .hasMessageContaining("the oldest tidemark kept is 0/C8");
    }
    try (ParquetSink sink = new ParquetSink(config)) {
      sink.open();
      assertThat(dataFiles()).isEqualTo(11);
    }
  }

  @Test
  void upkeepFencesAPipelineThatRuns() throws Exception {
    ParquetConfig config = config();
    try (ParquetSink sink = new ParquetSink(config)) {
      sink.open();
      writeFlushes(sink, 0, 3);
      try (LakeUpkeep upkeep = LakeUpkeep.open(config)) {
        upkeep.compact();
      }
      assertThatThrownBy(() -> writeFlushes(sink, 3, 4)).isInstanceOf(SinkException.Fenced.class);
    }
  }

  @Test
  void anErasedKeyIsNowhereAnyMore() throws Exception {
    ParquetConfig config = config();
    TableSchema people =
        Form.of("hr.people").key("id", Form.BIGINT).column("name", Form.TEXT).schema();
    TableSchema renamed = Form.next(people).rename("id", "person").schema();
    try (ParquetSink sink = new ParquetSink(config)) {
      sink.open();
      sink.stage(Batches.of(people).at(100).insert(1L, "Ann").insert(2L, "SECRET Bob").batch());
      SinkRows.commit(sink, 110);
      sink.stage(Batches.of(people).at(120).update(2L, "SECRET Bobby").batch());
      SinkRows.commit(sink, 130);
      sink.stage(Batches.of(people).at(140).insert(3L, "Cid").batch());
      SinkRows.commit(sink, 150);
    }
    try (LakeUpkeep upkeep = LakeUpkeep.open(config)) {
      upkeep.compact();
      assertThatThrownBy(() -> upkeep.erase(people.name(), Map.of("id", "2")))
          .isInstanceOf(TidemarkException.class)
          .hasMessage(
              "Cannot erase a key of table hr.people: the key still has a row. Delete the row at"
                  + " the source first.");
    }
    try (ParquetSink sink = new ParquetSink(config)) {
      sink.open();
      sink.stage(Batches.of(renamed).at(160).delete(2L).batch());
      SinkRows.commit(sink, 170);
    }
    try (LakeUpkeep upkeep = LakeUpkeep.open(config)) {
      assertThatThrownBy(() -> upkeep.erase(people.name(), Map.of("id", "2")))
          .hasMessageContaining("there is no column id");
      assertThat(upkeep.erase(people.name(), Map.of("person", "7")).filesBefore()).isZero();
      LakeUpkeep.Report report = upkeep.erase(people.name(), Map.of("person", "2"));
      assertThat(report.filesBefore()).isEqualTo(2);
      assertThat(report.filesAfter()).isEqualTo(1);
    }
    try (Stream<Path> files = Files.walk(folder.resolve("lake"));
        Duck duck = new Duck()) {
      List<Path> left = files.filter(file -> file.toString().endsWith(".parquet")).toList();
      assertThat(duck.rows("SELECT id, name, _lsn FROM " + Duck.files(left) + " ORDER BY id"))
          .isEqualTo(List.of(List.of("1", "Ann", "100"), List.of("3", "Cid", "140")));
    }
    try (ParquetSink sink = new ParquetSink(config)) {
      assertThat(sink.open().tidemark()).isEqualTo(SinkRows.at(170));
    }
  }

  @Test
  void filesOnS3AreJoinedAndReadThroughABoundedCache() throws Exception {
    try (EmbeddedS3 server = EmbeddedS3.start(folder.resolve("s3"))) {
      server.createBucket("lake");
      ParquetConfig config = TestS3.config(server, "s3://lake/bank", folder);
      try (ParquetSink sink = new ParquetSink(config)) {
        sink.open();
        writeFlushes(sink, 0, 12);
      }
      try (ParquetLake lake = lake(config);
          LakeView before = lake.at(AsOf.LATEST);
          Duck duck = new Duck()) {
        List<List<String>> expected = rows(before, duck);
        assertThat(expected).hasSize(120);
        try (LakeUpkeep upkeep = LakeUpkeep.open(config)) {
          assertThat(upkeep.compact().filesAfter()).isEqualTo(1);
        }
        try (LakeView after = lake.at(AsOf.LATEST)) {
          assertThat(rows(after, duck)).isEqualTo(expected);
        }
      }
      long bytes;
      try (ParquetLake lake = lake(config);
          LakeView view = lake.at(new AsOf.Tidemark(new Lsn(215)))) {
        bytes = view.tables().get(ORDERS.name()).stream().mapToLong(LakeFile::bytes).sum();
      }
      try (ParquetLake small = ParquetLake.open(config, folder.resolve("small"), bytes);
          Duck duck = new Duck()) {
        try (LakeView view = small.at(new AsOf.Tidemark(new Lsn(215)))) {
          assertThat(rows(view, duck)).hasSize(110);
          try (LakeView other = small.at(AsOf.LATEST)) {
            assertThatThrownBy(() -> other.files(ORDERS.name()))
                .isInstanceOf(TidemarkException.class)
                .hasMessageContaining("the local cache may hold " + bytes);
          }
        }
        try (LakeView view = small.at(AsOf.LATEST)) {
          assertThat(rows(view, duck)).hasSize(120);
        }
      }
      try (Stream<Path> staging = Files.walk(folder.resolve("staging"))) {
        assertThat(staging.filter(Files::isRegularFile)).isEmpty();
      }
    }
  }
}
