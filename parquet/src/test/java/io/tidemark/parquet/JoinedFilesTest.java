package io.tidemark.parquet;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.copy.CopiedTable.DataFile;
import io.tidemark.api.model.TableSchema;
import io.tidemark.embedded.EmbeddedS3;
import io.tidemark.parquet.state.AsOf;
import io.tidemark.parquet.state.LakeFile;
import io.tidemark.testkit.Batches;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Joined files lie aside until the files that they are made of can go, so readers that only list
 * files see each row once, before, meanwhile and after, also when the writer died in between.
 */
class JoinedFilesTest {
  private static final TableSchema ORDERS = SinkRows.table("orders");
  private static final String ROWS = "SELECT id, v, _op, _lsn, _seq, _xid, _committed_at";

  @TempDir Path folder;

  private final Hands clock = new Hands();

  /** A clock that a test sets forward. */
  private static final class Hands extends Clock {
    private Instant now = Instant.parse("2026-11-21T12:00:00Z");

    void forward() {
      now = now.plus(Duration.ofMinutes(20));
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return now;
    }
  }

  private static ParquetConfig config(Path lake) {
    return ParquetConfig.of(options(new TreeMap<>(Map.of("path", lake.toString()))));
  }

  private static Map<String, String> options(Map<String, String> options) {
    options.put("checkpoint-every", "1");
    options.put("retain-tidemarks", "2");
    return options;
  }

  private void write(ParquetConfig config, HookedStore store, int flushes) throws Exception {
    try (ParquetSink sink = new ParquetSink(config, store, clock)) {
      write(sink, Long.parseLong(sink.open().entries().getOrDefault("flush", "0")), flushes);
    }
  }

  private static void write(ParquetSink sink, long begin, long flushes) throws Exception {
    for (long flush = begin; flush < begin + flushes; flush++) {
      sink.stage(SinkRows.rows(ORDERS, flush * 10, flush * 10 + 10));
      String done = Long.toString(flush + 1);
      SinkRows.commit(sink, 110 + flush * 10, Map.of("flush", Optional.of(done)));
    }
  }

  private void join(ParquetConfig config, HookedStore store) {
    try (LakeUpkeep upkeep = LakeUpkeep.open(config, store, clock)) {
      upkeep.compact();
    }
  }

  private static HookedStore store(ParquetConfig config) {
    return new HookedStore(LakeStores.open(config));
  }

  private static List<List<String>> listed(Path lake, Duck duck) throws Exception {
    return duck.rows(ROWS + " FROM read_parquet('" + lake + "/**/*.parquet') ORDER BY _lsn, _seq");
  }

  private List<List<String>> committed(ParquetConfig config, Duck duck) throws Exception {
    try (ParquetLake lake = ParquetLake.open(config, folder.resolve("cache"), 1 << 30);
        LakeView view = lake.at(AsOf.LATEST)) {
      List<Path> paths =
          view.files(ORDERS.name()).stream().map(DataFile::path).map(Path::of).toList();
      List<List<String>> rows =
          duck.rows(ROWS + " FROM " + Duck.files(paths) + " ORDER BY _lsn, _seq");
      assertThat(rows).hasSize(10 * Integer.parseInt(view.entries().get("flush")));
      return rows;
    }
  }

  private static List<String> names(Path lake) {
    try (Stream<Path> files = Files.walk(lake)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> lake.relativize(file).toString())
          .filter(name -> name.endsWith(".parquet") || name.endsWith(".joined"))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void listedFilesHoldEachRowOnceBeforeMeanwhileAndAfterAJoin() throws Exception {
    Path lake = folder.resolve("lake");
    ParquetConfig config = config(lake);
    try (Duck duck = new Duck()) {
      write(config, store(config), 5);
      List<String> before = names(lake);
      assertThat(before).hasSize(5);
      join(config, store(config));
      assertThat(names(lake)).hasSize(6).containsAll(before);
      assertThat(listed(lake, duck)).isEqualTo(committed(config, duck));

      write(config, store(config), 3);
      assertThat(names(lake)).as("none goes as long as readers may have begun").hasSize(9);
      assertThat(listed(lake, duck)).isEqualTo(committed(config, duck));

      clock.forward();
      write(config, store(config), 4);
      assertThat(listed(lake, duck)).isEqualTo(committed(config, duck));
      assertThat(names(lake)).doesNotContainAnyElementsOf(before);
      assertThat(names(lake)).filteredOn(name -> name.endsWith(".parquet")).hasSize(8);

      clock.forward();
      write(config, store(config), 6);
      assertThat(names(lake)).hasSize(14).noneMatch(name -> name.endsWith(".joined"));
      assertThat(listed(lake, duck)).hasSize(180).isEqualTo(committed(config, duck));
    }
  }

  @Test
  void whatIsJoinedAgainBeforeItIsShownNeverLeavesAGap() throws Exception {
    Path lake = folder.resolve("lake");
    ParquetConfig config = config(lake);
    try (Duck duck = new Duck()) {
      for (int round = 0; round < 6; round++) {
        write(config, store(config), 2);
        join(config, store(config));
        assertThat(listed(lake, duck)).isEqualTo(committed(config, duck));
        clock.forward();
      }
      for (int round = 0; round < 2; round++) {
        write(config, store(config), 4);
        clock.forward();
      }
      assertThat(listed(lake, duck)).hasSize(200).isEqualTo(committed(config, duck));
      assertThat(names(lake)).hasSizeLessThan(10);
    }
  }

  @Test
  void whatIsShownWhileAPipelineJoinsItAgainCountsOnce() throws Exception {
    Path lake = folder.resolve("lake");
    ParquetConfig config = config(lake);
    write(config, store(config), 5);
    join(config, store(config));
    List<String> aside = names(lake).stream().filter(name -> name.endsWith(".joined")).toList();
    HookedStore store = store(config);
    AtomicInteger joins = new AtomicInteger();
    CountDownLatch joining = new CountDownLatch(1);
    CountDownLatch shown = new CountDownLatch(1);
    store.beforePublish =
        key -> {
          if (key.endsWith(".joined") && joins.incrementAndGet() == 1) {
            joining.countDown();
            await(shown);
          }
        };
    try (Duck duck = new Duck();
        ParquetSink sink = new ParquetSink(config, store, clock, new SinkUpkeep.Pace(4, 1))) {
      sink.open();
      write(sink, 5, 4);
      await(joining);
      clock.forward();
      write(sink, 9, 4);
      assertThat(counting(config)).doesNotContainAnyElementsOf(aside);
      shown.countDown();
      long flush = 13;
      for (; joins.get() < 2; flush++) { // the next one begins when the first is settled
        assertThat(flush).isLessThan(5000);
        write(sink, flush, 1);
      }
      clock.forward();
      write(sink, flush, 10);
      sink.open(); // waits for the join that runs
      assertThat(listed(lake, duck)).isEqualTo(committed(config, duck));
    } finally {
      shown.countDown();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private List<String> counting(ParquetConfig config) throws Exception {
    try (ParquetLake lake = ParquetLake.open(config, folder.resolve("cache"), 1 << 30);
        LakeView view = lake.at(AsOf.LATEST)) {
      return view.tables().get(ORDERS.name()).stream().map(LakeFile::path).toList();
    }
  }

  @Test
  void anErasedKeyIsInNoFileThatIsListedNorAside() throws Exception {
    Path lake = folder.resolve("lake");
    ParquetConfig config = config(lake);
    write(config, store(config), 3);
    try (ParquetSink sink = new ParquetSink(config, store(config), clock)) {
      sink.open();
      sink.stage(Batches.of(ORDERS).at(500).delete(7L).batch());
      SinkRows.commit(sink, 510);
    }
    join(config, store(config));
    try (LakeUpkeep upkeep = LakeUpkeep.open(config, store(config), clock);
        Duck duck = new Duck()) {
      upkeep.erase(ORDERS.name(), Map.of("id", "7"));
      assertThat(names(lake)).hasSize(1).allMatch(name -> name.endsWith(".parquet"));
      assertThat(duck.rows("SELECT id FROM read_parquet('" + lake + "/**/*.parquet')"))
          .hasSize(29)
          .doesNotContain(List.of("7"));
    }
  }

  @Test
  void aBucketShowsJoinedFilesByCopiesOfItsOwn() throws Exception {
    try (EmbeddedS3 server = EmbeddedS3.start(folder.resolve("s3"));
        Duck duck = new Duck()) {
      server.createBucket("lake");
      ParquetConfig config =
          ParquetConfig.of(options(TestS3.options(server, "s3://lake/bank", folder)));
      write(config, store(config), 5);
      join(config, store(config));
      clock.forward();
      write(config, store(config), 4);
      assertThat(committed(config, duck)).hasSize(90);
      try (ParquetLake lake = ParquetLake.open(config, folder.resolve("other"), 1 << 30);
          LakeView view = lake.at(AsOf.LATEST)) {
        assertThat(view.tables().get(ORDERS.name()))
            .hasSize(5)
            .extracting(LakeFile::path)
            .allMatch(path -> path.startsWith("orders/date="));
      }
    }
  }

  /** Joins, shows, joins again; returns whether it lived to the end. */
  private boolean live(ParquetConfig config, long acts) throws Exception {
    HookedStore store = store(config);
    store.actsBeforeDeath = acts;
    try {
      join(config, store);
      clock.forward();
      write(config, store, 3);
      join(config, store);
      clock.forward();
      write(config, store, 3);
      return store.actsBeforeDeath > 0;
    } catch (Exception e) {
      if (store.actsBeforeDeath > 0) {
        throw e;
      }
      return false;
    }
  }

  @Test
  void aWriterThatDiesAtAnyActLeavesNoGapAndNothingTwiceAfterTheNextStart() throws Exception {
    int deaths = 0;
    try (Duck duck = new Duck()) {
      boolean alive = false;
      for (int acts = 1; !alive; acts++) {
        Path lake = folder.resolve("lake-" + acts);
        ParquetConfig config = config(lake);
        write(config, store(config), 3);
        alive = live(config, acts);
        List<List<String>> committed = committed(config, duck);
        assertThat(listed(lake, duck)).as("after %s acts", acts).containsAll(committed);
        try (ParquetSink next = new ParquetSink(config, store(config), clock)) {
          next.open();
        }
        assertThat(listed(lake, duck)).as("after %s acts", acts).isEqualTo(committed);
        assertThat(committed(config, duck)).isEqualTo(committed);
        deaths++;
      }
    }
    assertThat(deaths).isGreaterThan(60);
  }
}
