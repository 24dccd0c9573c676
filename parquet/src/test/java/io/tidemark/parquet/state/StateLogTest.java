package io.tidemark.parquet.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Position;
import io.tidemark.api.sink.SinkException;
import io.tidemark.parquet.HookedStore;
import io.tidemark.parquet.state.StateLog.Change;
import io.tidemark.parquet.store.Exclusion;
import io.tidemark.parquet.store.FolderStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The traps of numbered, create-only state, each sprung. */
class StateLogTest {
  private static final Retention KEEP_ALL = new Retention(100, 10_000, Duration.ZERO);
  private static final Retention KEEP_LITTLE = new Retention(3, 4, Duration.ZERO);

  @TempDir Path root;
  private FolderStore store;

  @BeforeEach
  void open() {
    store = new FolderStore(root, Exclusion.STORE);
  }

  private StateLog claim(Retention retention) throws Exception {
    return StateLog.claim(store, Exclusion.STORE, retention, Clock.systemUTC());
  }

  private static Change change(long lsn, String... entries) {
    TreeMap<String, Optional<String>> changed = new TreeMap<>();
    for (String entry : entries) {
      changed.put(entry, Optional.of("at " + lsn));
    }
    return new Change(position(lsn), lsn * 10, changed, List.of(), List.of());
  }

  private static Position position(long lsn) {
    return Position.of("slot", new Lsn(lsn));
  }

  private static LakeFile file(String path) {
    return new LakeFile(path, "public", "t", 1, 1, 1, List.of(), false, "0/1", "0/1", List.of());
  }

  private LakeState load(AsOf asOf) throws Exception {
    return new StateReader(store).load(asOf).orElseThrow();
  }

  @Test
  void aPausedWriterWhoseNumberIsFreeAgainIsFenced() throws Exception {
    StateLog paused = claim(KEEP_LITTLE);
    paused.commit(change(10, "old"));
    StateLog young = claim(KEEP_LITTLE);
    for (int lsn = 20; lsn < 60; lsn++) {
      young.delete(young.commit(change(lsn, "young")));
    }
    Path itsNumber = root.resolve(StateKeys.key(paused.nextNumber()));
    assertThat(itsNumber).doesNotExist();

    assertThatThrownBy(() -> paused.commit(change(1000, "zombie")))
        .isInstanceOf(SinkException.Fenced.class)
        .hasMessageContaining("another writer has taken it over since epoch 1");
    assertThat(itsNumber).exists();
    assertThat(load(AsOf.LATEST).tidemark()).isEqualTo(position(59));
    assertThat(load(AsOf.LATEST).entries()).doesNotContainKey("zombie");
    young.commit(change(60));
    StateLog next = claim(KEEP_LITTLE);
    assertThat(next.state().tidemark()).isEqualTo(position(60));
    assertThat(next.state().entries()).doesNotContainKey("zombie");
  }

  @Test
  void aClaimAtANumberThatIsFreeAgainIsRepeatedAtTheEnd() throws Exception {
    StateLog writer = claim(KEEP_LITTLE);
    writer.commit(change(10));
    HookedStore slow = new HookedStore(store);
    slow.beforeCreate =
        () -> {
          try {
            StateLog young = claim(KEEP_LITTLE);
            for (int lsn = 20; lsn < 60; lsn++) {
              young.delete(young.commit(change(lsn)));
            }
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        };
    StateLog late = StateLog.claim(slow, Exclusion.STORE, KEEP_LITTLE, Clock.systemUTC());
    assertThat(late.state().tidemark()).isEqualTo(position(59));
    assertThat(late.epoch()).isGreaterThan(40);
  }

  @Test
  void aCommitWhoseAnswerWasLostIsLookedFor() throws Exception {
    HookedStore lossy = new HookedStore(store);
    StateLog log = StateLog.claim(lossy, Exclusion.STORE, KEEP_ALL, Clock.systemUTC());
    lossy.loseAnswer = true;
    log.commit(change(10, "a"));
    log.commit(change(20, "b"));
    assertThat(load(AsOf.LATEST).entries().keySet()).containsExactly("a", "b");
  }

  @Test
  void aCommitThatCannotBeLookedForIsFoundByTheNextOpen() throws Exception {
    HookedStore lossy = new HookedStore(store);
    StateLog log = StateLog.claim(lossy, Exclusion.STORE, KEEP_ALL, Clock.systemUTC());
    lossy.loseAnswer = true;
    lossy.unreadable = true;
    assertThatThrownBy(() -> log.commit(change(10, "a")))
        .isInstanceOf(SinkException.OutcomeUnknown.class);
    assertThat(claim(KEEP_ALL).state().tidemark()).isEqualTo(position(10));
  }

  @Test
  void aCommitThatNeverArrivedIsUnknownToo() throws Exception {
    HookedStore lossy = new HookedStore(store);
    StateLog log = StateLog.claim(lossy, Exclusion.STORE, KEEP_ALL, Clock.systemUTC());
    lossy.loseRequest = true;
    assertThatThrownBy(() -> log.commit(change(10, "a")))
        .isInstanceOf(SinkException.OutcomeUnknown.class);
    assertThat(claim(KEEP_ALL).state().tidemark()).isEqualTo(Position.NONE);
  }

  @Test
  void anAnswerThatSaysExistsIsSuccessWhereTheObjectIsOurOwn() throws Exception {
    StateLog log = claim(KEEP_ALL);
    HookedStore twice = new HookedStore(store);
    StateLog other = StateLog.claim(twice, Exclusion.STORE, KEEP_ALL, Clock.systemUTC());
    twice.sendsTwice = true;
    other.commit(change(20, "a"));
    assertThat(load(AsOf.LATEST).tidemark()).isEqualTo(position(20));
    assertThatThrownBy(() -> log.commit(change(30))).isInstanceOf(SinkException.Fenced.class);
  }

  @Test
  void ofManyWritersThatClaimOneIsLeft() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<StateLog>> claims = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        claims.add(
            threads.submit(
                () -> {
                  while (true) {
                    try {
                      return claim(KEEP_ALL);
                    } catch (io.tidemark.parquet.store.StoreException e) {
                      // another one took over between claim and read: the sink tries again
                    }
                  }
                }));
      }
      List<StateLog> logs = new ArrayList<>();
      for (Future<StateLog> claim : claims) {
        logs.add(claim.get());
      }
      assertThat(logs.stream().map(StateLog::epoch).distinct().count()).isEqualTo(8);
      long highest = logs.stream().mapToLong(StateLog::epoch).max().orElseThrow();
      for (StateLog log : logs) {
        if (log.epoch() == highest) {
          log.commit(change(10));
        } else {
          assertThatThrownBy(() -> log.commit(change(10))).isInstanceOf(SinkException.Fenced.class);
        }
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void aStoreThatIgnoresTheConditionIsRefusedUnlessTheUserGuarantees() throws Exception {
    HookedStore careless = new HookedStore(store);
    careless.ignoresCondition = true;
    assertThatThrownBy(() -> StateLog.claim(careless, Exclusion.STORE, KEEP_ALL, Clock.systemUTC()))
        .isInstanceOf(TidemarkException.class)
        .hasMessage(
            "Cannot write to "
                + root
                + ": the store does not refuse to create an object twice, so two writers could not"
                + " be kept apart. Use another store, or guarantee that there is never a second"
                + " writer with 'single-writer: true'.");
    try (Stream<Path> left = Files.walk(root)) {
      assertThat(left.filter(Files::isRegularFile)).isEmpty();
    }
    StateLog log = StateLog.claim(careless, Exclusion.USER, KEEP_ALL, Clock.systemUTC());
    log.commit(change(10));
    assertThat(load(AsOf.LATEST).tidemark()).isEqualTo(position(10));
  }

  /**
   * A joined file that lies aside, each of whose two small ones can go; its content is its name.
   */
  private LakeFile aside(StateLog log, long lsn) throws Exception {
    String stem = "t/t_000000000000_" + new Lsn(lsn).toHex() + "_";
    List<LakeFile> small = new ArrayList<>();
    for (int place = 0; place < 2; place++) {
      small.add(file(stem + DataFiles.part(log.nextNumber(), place) + ".parquet"));
    }
    String path = DataFiles.aside(stem + DataFiles.part(log.nextNumber(), 2) + ".parquet");
    List<String> paths = small.stream().map(LakeFile::path).toList();
    LakeFile joined =
        new LakeFile(path, "public", "t", 2, 2, 1, List.of(), false, "0/1", "0/1", paths);
    for (String key : List.of(paths.get(0), paths.get(1), path)) {
      Files.createDirectories(root.resolve(key).getParent());
      Files.writeString(root.resolve(key), key);
    }
    log.commit(new Change(position(lsn), lsn, new TreeMap<>(), small, List.of()));
    log.commit(log.replacing(paths, List.of(joined)));
    return joined;
  }

  private static final Retention KEEP_NOTHING = new Retention(1, 0, Duration.ZERO);

  @Test
  void whatADeadWriterHadShownIsDeletedHoweverLateAndNotWhatCounts() throws Exception {
    HookedStore dying = new HookedStore(store);
    StateLog first = StateLog.claim(dying, Exclusion.STORE, KEEP_ALL, Clock.systemUTC());
    LakeFile joined = aside(first, 10);
    dying.actsBeforeDeath = 1;
    assertThatThrownBy(() -> first.commitWhole(change(20), KEEP_NOTHING))
        .isInstanceOf(SinkException.Retryable.class);

    HookedStore slow = new HookedStore(store);
    StateLog paused = StateLog.claim(slow, Exclusion.STORE, KEEP_ALL, Clock.systemUTC());
    slow.beforeDelete =
        () -> {
          try {
            StateLog young = claim(KEEP_ALL);
            assertThat(young.removeOrphans()).isEqualTo(1);
            young.delete(young.commitWhole(change(30), KEEP_NOTHING));
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        };
    assertThat(paused.removeOrphans()).isEqualTo(1);

    LakeFile counts = load(AsOf.LATEST).files().iterator().next();
    assertThat(root.resolve(counts.path())).hasContent(joined.path());
    assertThat(claim(KEEP_ALL).removeOrphans()).isZero();
  }

  @Test
  void aShowingCommitThatIsTriedAgainShowsEachFileUnderItsOwnName() throws Exception {
    HookedStore flaky = new HookedStore(store);
    StateLog log = StateLog.claim(flaky, Exclusion.STORE, KEEP_ALL, Clock.systemUTC());
    LakeFile one = aside(log, 10);
    LakeFile two = aside(log, 10);
    flaky.actsBeforeDeath = 2;
    assertThatThrownBy(() -> log.commitWhole(change(20), KEEP_NOTHING))
        .isInstanceOf(SinkException.Retryable.class);
    flaky.actsBeforeDeath = Long.MAX_VALUE;
    Change without = new Change(position(30), 30, new TreeMap<>(), List.of(), List.of(one.path()));
    log.delete(log.commitWhole(without, KEEP_NOTHING));

    assertThat(load(AsOf.LATEST).files()).hasSize(1);
    LakeFile counts = load(AsOf.LATEST).files().iterator().next();
    assertThat(root.resolve(counts.path())).hasContent(two.path());
    assertThat(claim(KEEP_ALL).removeOrphans()).as("the copy of the other").isEqualTo(1);
  }

  @Test
  void aShowingCommitThatIsTriedAgainLeavesNoCopy() throws Exception {
    HookedStore flaky = new HookedStore(store);
    StateLog log = StateLog.claim(flaky, Exclusion.STORE, KEEP_ALL, Clock.systemUTC());
    aside(log, 10);
    flaky.actsBeforeDeath = 1;
    assertThatThrownBy(() -> log.commitWhole(change(20), KEEP_NOTHING))
        .isInstanceOf(SinkException.Retryable.class);
    flaky.actsBeforeDeath = Long.MAX_VALUE;
    log.delete(log.commitWhole(change(20), KEEP_NOTHING));
    try (Stream<Path> shown = Files.list(root.resolve("t"))) {
      assertThat(shown).hasSize(1);
    }
    assertThat(claim(KEEP_ALL).removeOrphans()).isZero();
  }

  @Test
  void stateIsTheSameHoweverManyCheckpointsLieBetween() throws Exception {
    StateLog log = claim(KEEP_LITTLE);
    List<String> paths = new ArrayList<>();
    for (int i = 1; i <= 50; i++) {
      String path = "t/t_000000000000_" + new Lsn(i).toHex() + "_" + i + ".parquet";
      paths.add(path);
      List<String> removed = i % 5 == 0 ? List.of(paths.remove(0)) : List.of();
      log.delete(
          log.commit(
              new Change(
                  position(i),
                  i,
                  new TreeMap<>(
                      Map.of(
                          "last",
                          Optional.of("" + i),
                          "k" + i % 7,
                          i % 3 == 0 ? Optional.empty() : Optional.of("v" + i))),
                  List.of(file(path)),
                  removed)));
      LakeState loaded = load(AsOf.LATEST);
      assertThat(loaded.entries()).isEqualTo(log.state().entries()).containsEntry("last", "" + i);
      assertThat(loaded.files()).extracting(LakeFile::path).isEqualTo(paths);
    }
    try (Stream<Path> objects = Files.list(root.resolve("_tidemark/state"))) {
      assertThat(objects.count()).isLessThan(30);
    }
  }

  @Test
  void earlierTidemarksAreFoundByPositionAndTime() throws Exception {
    StateLog log = claim(new Retention(3, 6, Duration.ZERO));
    for (int i = 1; i <= 40; i++) {
      log.delete(log.commit(change(i * 100, "at")));
    }
    assertThat(load(new AsOf.Tidemark(new Lsn(3800))).entries()).containsEntry("at", "at 3800");
    assertThat(load(new AsOf.Tidemark(new Lsn(3899))).tidemark()).isEqualTo(position(3800));
    assertThat(load(new AsOf.Tidemark(new Lsn(99_999))).tidemark()).isEqualTo(position(4000));
    assertThat(load(new AsOf.Time(micros(38_005))).tidemark()).isEqualTo(position(3800));
    assertThatThrownBy(() -> load(new AsOf.Tidemark(new Lsn(100))))
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining(" as of 0/64: the oldest tidemark kept is 0/");
    assertThatThrownBy(() -> load(new AsOf.Time(micros(5))))
        .hasMessageContaining("Ask for a later one");
  }

  @Test
  void whatLiesBeforeTheFirstCommitIsRefusedWithTheFirst() throws Exception {
    StateLog log = claim(new Retention(3, 6, Duration.ZERO));
    assertThatThrownBy(() -> load(new AsOf.Time(micros(5))))
        .hasMessageEndingWith("as of 1970-01-01T00:00:00.000005Z: nothing was committed yet.");
    log.delete(log.commit(change(100, "at")));
    for (AsOf early : List.of(new AsOf.Time(micros(5)), new AsOf.Tidemark(new Lsn(5)))) {
      assertThatThrownBy(() -> load(early))
          .hasMessageContaining(": the oldest tidemark kept is 0/64 of 1970-01-01T00:00:00.001Z.");
    }
  }

  private static Instant micros(long micros) {
    return Instant.EPOCH.plus(micros, java.time.temporal.ChronoUnit.MICROS);
  }

  @Test
  void readersAreRightWhileAWriterCommitsAndCleansUp() throws Exception {
    StateLog log = claim(new Retention(2, 1, Duration.ZERO));
    log.commit(change(1, "n"));
    ExecutorService reader = Executors.newSingleThreadExecutor();
    try {
      Future<Long> reads =
          reader.submit(
              () -> {
                long last = 0;
                long count = 0;
                while (last < 400) {
                  LakeState state = load(AsOf.LATEST);
                  long lsn = state.tidemark().lsn().value();
                  assertThat(lsn).isGreaterThanOrEqualTo(last);
                  assertThat(state.entries()).containsEntry("n", "at " + lsn);
                  last = lsn;
                  count++;
                }
                return count;
              });
      for (int lsn = 2; lsn <= 400; lsn++) {
        log.delete(log.commit(change(lsn, "n")));
      }
      assertThat(reads.get()).isPositive();
    } finally {
      reader.shutdownNow();
    }
  }

  @Test
  void stateOfANewerProgramIsRefusedByNameBeforeAnythingIsClaimed() throws Exception {
    copySample();
    String newer =
        Files.readString(root.resolve(StateKeys.key(4)), StandardCharsets.UTF_8)
            .replace("\"formatVersion\":1", "\"formatVersion\":2")
            .replace("\"number\":4", "\"number\":5");
    Files.writeString(root.resolve(StateKeys.key(5)), newer);
    assertThatThrownBy(() -> claim(KEEP_ALL))
        .isInstanceOf(TidemarkException.class)
        .hasMessage(
            "Cannot read state object 5 of "
                + root
                + ": it has format version 2, this program knows versions up to 1. Use a newer"
                + " Tidemark for this lake.");
    assertThat(root.resolve(StateKeys.key(6))).doesNotExist();
  }

  @Test
  void theStoredSampleOfVersion1IsRead() throws Exception {
    copySample();
    LakeState state = claim(KEEP_ALL).state();
    assertThat(state.tidemark()).isEqualTo(Position.of("demo", Lsn.parse("16/B374D848")));
    assertThat(state.committedAt()).isEqualTo(1_795_220_000_000_000L);
    assertThat(state.entries()).isEqualTo(Map.of("format", "1", "note/x", "y"));
    assertThat(state.files())
        .containsExactly(
            new LakeFile(
                "t/date=2026-11-21/t_010203000004_00000016B374D848_3000000.parquet",
                "public",
                "t",
                5,
                1234,
                2,
                List.of("_old", "price__raw"),
                true,
                "16/B3000000",
                "16/B374D7F0",
                List.of()));
    assertThat(state.knows("t/date=2026-11-20/t_235959000000_00000016B2000000_2000000.parquet"))
        .isTrue();
  }

  @Test
  void whatIsNoStateIsRefused() throws Exception {
    copySample();
    Files.writeString(root.resolve(StateKeys.key(5)), "{\"half\": ");
    assertThatThrownBy(() -> claim(KEEP_ALL)).hasMessageContaining("it is no state object");
  }

  private void copySample() throws Exception {
    Path state = Files.createDirectories(root.resolve("_tidemark/state"));
    for (int number = 1; number <= 4; number++) {
      String name = String.format("%020d.json", number);
      try (var sample = getClass().getResourceAsStream("/state-v1/" + name)) {
        Files.copy(sample, state.resolve(name));
      }
    }
  }
}
