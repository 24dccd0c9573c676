package io.tidemark.app.kill;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.Lsn;
import io.tidemark.app.Program;
import io.tidemark.app.bank.BankSchema;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/** A pipeline under load that is killed again and again, and held against the source. */
final class UnderFire {
  private static final List<String> BANK = BankSchema.TABLES;
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  private final Scene scene;
  private final Lake lake;
  private final Optional<DuckDbFile> file;
  private final Random random;
  private final Faults faults;
  private int rounds;

  UnderFire(Scene scene) {
    this.scene = scene;
    this.lake = scene.lake();
    this.file = scene.file();
    this.random = new Random(scene.choice().seed());
    this.faults = new Faults(scene.server(), scene.data(), random);
  }

  /**
   * Kills the pipeline a number of times, lets it catch up, and holds its copies against the
   * source.
   */
  void round(int kills) throws Exception {
    AuditLog.clear(scene.server());
    Lsn begin = lake.tidemark();
    long fromXid;
    try (Load load = new Load(scene.server(), scene.choice().seed() + rounds++, 150)) {
      load.start();
      fromXid = killAgainAndAgain(kills);
      assertThat(load.oddTransactions()).as("the load went on").isPositive();
    }
    Lsn end = scene.walEnd();
    List<String> all = AuditLog.tables(scene.server());
    try (Program last = scene.start()) {
      await("the last run reaches " + end, last, () -> lake.isComplete(end, all));
      if (scene.choice().grade() == Scene.Grade.PLAIN) {
        awaitTheCatalogIsUnderstood(last, all);
      }
      flush(last);
      last.signal("TERM");
      assertThat(last.end(20).status()).as(last.said()).isZero();
    }
    List<String> differences = new ArrayList<>(lake.truth().differences(all));
    if (file.isPresent()) {
      differences.addAll(file.get().differences(scene.server(), all));
      file.get().bankBalances();
      assertThat(file.get().looks()).as("times the bank was whole in the file").isPositive();
    }
    assertThat(differences).as("from the source to the copies").isEmpty();
    lake.truth().everyChangeIsThereOnce(BANK, fromXid);
    lake.truth().noChangeIsThereTwice(all);
    int balanced = lake.bankBalancedAtEveryTidemark(begin);
    assertThat(balanced).as("tidemarks at which the bank was whole").isGreaterThan(kills / 2);
    System.out.printf(
        "kill test: %d kills, the bank balanced at %d tidemarks of the lake and %d of the file%n",
        kills, balanced, file.map(DuckDbFile::looks).orElse(0));
  }

  /** Has every copy come up to the end of the source's log. */
  private void flush(Program program) throws Exception {
    await("it can be asked", program, () -> scene.running().isPresent());
    scene.running().orElseThrow().flush(Optional.of(scene.walEnd()), PATIENCE);
  }

  /**
   * @return a transaction id from which on the bank's tables were followed all the time
   */
  private long killAgainAndAgain(int kills) throws Exception {
    long fromXid = 0;
    for (int kill = 1; kill <= kills; kill++) {
      try (Program program = scene.start()) {
        if (kill % 9 != 5) {
          killOnce(kill, program);
        } else if (file.isPresent()) {
          wakeAfterAnotherWasRefused(kill, program);
        } else {
          wakeAfterAnotherTookOver(kill, program);
        }
      }
      // a copy that one of them has not finished may begin again for both
      boolean inFile = file.isEmpty() || file.get().bankBalances();
      if (fromXid == 0 && inFile && lake.hasMembers(BANK)) {
        fromXid = nextXid();
      }
    }
    if (fromXid == 0) {
      try (Program program = scene.start()) {
        await("the bank's tables are copied", program, () -> lake.hasMembers(BANK));
        flush(program);
        fromXid = nextXid();
        program.signal("KILL");
        program.end((int) PATIENCE.toSeconds());
      }
    }
    return fromXid;
  }

  /** In the plain grade DDL that no row tells is seen some seconds late, but it is seen. */
  private void awaitTheCatalogIsUnderstood(Program last, List<String> all) throws Exception {
    long until = System.nanoTime() + PATIENCE.toNanos() / 4;
    while (System.nanoTime() < until && !lake.truth().differences(all).isEmpty()) {
      assertThat(last.isRunning()).as(last.said()).isTrue();
      LockSupport.parkNanos(1_000_000_000);
    }
  }

  private long nextXid() throws SQLException {
    return Long.parseLong(
        AuditLog.one(scene.server(), "SELECT pg_snapshot_xmax(pg_current_snapshot())"));
  }

  /**
   * Every third dies young, in its start or its snapshot; the others any time after they have
   * committed something, with a fault beside it.
   */
  private void killOnce(int kill, Program program) throws Exception {
    Faults.Begun fault = new Faults.Begun("none", () -> {});
    if (kill % 3 == 1) {
      pass(Duration.ofMillis(1000 + random.nextInt(4000)));
    } else {
      awaitCommit("kill " + kill, program);
      pass(Duration.ofMillis(random.nextInt(1500)));
      fault = faults.next();
      pass(Duration.ofMillis(random.nextInt(1500)));
    }
    assertThat(program.isRunning())
        .as("before kill %s, after fault '%s': %s", kill, fault.what(), program.said())
        .isTrue();
    program.signal("KILL");
    fault.end().end();
    program.end((int) PATIENCE.toSeconds()); // its lock on the file is free
  }

  /** A process sleeps, another writes on, the first wakes: it may change nothing and must end. */
  private void wakeAfterAnotherTookOver(int kill, Program sleeper) throws Exception {
    awaitCommit("kill " + kill, sleeper);
    pass(Duration.ofMillis(random.nextInt(1500)));
    sleeper.signal("STOP");
    faults.cutAll();
    try (Program other = scene.startAnother()) {
      awaitCommit("the other after kill " + kill, other);
      sleeper.signal("CONT");
      awaitCommit("the other beside the woken one", other);
      awaitCommit("the other beside the woken one", other);
      other.signal("KILL");
    }
    Program.Said end = sleeper.end((int) PATIENCE.toSeconds());
    // it finds the lake taken over, or before that its slot read by another
    assertThat(end.status()).as(end.err()).isNotZero();
    assertThat(end.err())
        .as("why it ended")
        .containsAnyOf("another writer has taken it over", "another reader used the slot");
  }

  /** A process sleeps and keeps its lock on the file: another ends, the first goes on. */
  private void wakeAfterAnotherWasRefused(int kill, Program sleeper) throws Exception {
    awaitCommit("kill " + kill, sleeper);
    pass(Duration.ofMillis(random.nextInt(1500)));
    sleeper.signal("STOP");
    faults.cutAll();
    Program.Said other;
    try (Program refused = scene.startAnother()) {
      other = refused.end((int) PATIENCE.toSeconds());
    } finally {
      sleeper.signal("CONT");
    }
    assertThat(other.status()).as(other.err()).isEqualTo(3);
    assertThat(other.err()).contains("another process has it open");
    awaitCommit("the one that slept, " + kill, sleeper);
    awaitCommit("the one that slept, " + kill, sleeper);
    sleeper.signal("KILL");
    sleeper.end((int) PATIENCE.toSeconds());
  }

  private void awaitCommit(String who, Program program) throws Exception {
    Lsn before = lake.tidemark();
    await(
        who + " waits for a commit above " + before,
        program,
        () -> before.isBefore(lake.tidemark()));
  }

  private static void pass(Duration time) {
    long until = System.nanoTime() + time.toNanos();
    while (System.nanoTime() < until) {
      LockSupport.parkNanos(until - System.nanoTime());
    }
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void await(String what, Program program, Condition condition) throws Exception {
    long until = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      assertThat(program.isRunning()).as("%s; it ended: %s", what, program.said()).isTrue();
      assertThat(System.nanoTime()).as("%s; it said: %s", what, program.said()).isLessThan(until);
      LockSupport.parkNanos(200_000_000);
    }
  }
}
