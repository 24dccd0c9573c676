package io.tidemark.app.kill;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.Lsn;
import io.tidemark.app.Program;
import io.tidemark.app.bank.BankGenerator;
import io.tidemark.app.bank.BankSchema;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import io.tidemark.postgres.doctor.EventTrigger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/** A server with a load, a pipeline that is killed again and again, and the lake it writes. */
final class UnderFire implements AutoCloseable {
  /** How the pipeline learns of DDL. */
  enum Grade {
    PLAIN,
    EXACT
  }

  /** What one run is made of. */
  record Choice(long seed, Version version, Grade grade) {}

  private static final List<String> BANK = BankSchema.TABLES;
  private static final Duration PATIENCE = Duration.ofMinutes(4);
  private static final String MINE = "tidemark.yaml";
  private static final String OTHERS = "other.yaml";

  private final Path folder;
  private final Choice choice;
  private final Random random;
  private final EmbeddedPostgres server;
  private final Lake lake;
  private final Faults faults;
  private int rounds;

  private UnderFire(Path folder, Choice choice, EmbeddedPostgres server) {
    this.folder = folder;
    this.choice = choice;
    this.random = new Random(choice.seed());
    this.server = server;
    this.lake = new Lake(new Truth(server, folder.resolve("lake"), folder));
    this.faults = new Faults(server, folder.resolve("data"), random);
  }

  /** Starts a server, fills its tables and describes the pipeline; nothing runs yet. */
  static UnderFire begin(Path folder, Choice choice) throws Exception {
    System.out.println("kill test: " + choice);
    EmbeddedPostgres server =
        EmbeddedPostgres.of(choice.version())
            .setting("logical_decoding_work_mem", "64kB") // transactions come while they run
            .start();
    try {
      UnderFire begun = new UnderFire(folder, choice, server);
      begun.prepare();
      return begun;
    } catch (SQLException | IOException | RuntimeException e) {
      server.close();
      throw e;
    }
  }

  private void prepare() throws Exception {
    BankSchema schema = new BankSchema("public");
    try (Connection db = server.connect()) {
      schema.create(db);
      OddTables.create(db);
      AuditLog.create(db, BANK);
    }
    if (choice.grade() == Grade.EXACT) {
      server.execute(EventTrigger.sql());
    }
    try (BankGenerator generator = new BankGenerator(this::connect, schema, choice.seed())) {
      generator.open();
      generator.bulk(60_000);
    }
    describe(MINE, "data");
    describe(OTHERS, "data-elsewhere");
  }

  private void describe(String file, String data) throws IOException {
    Files.writeString(
        folder.resolve(file),
        """
        name: kill
        data-dir: %s
        flush:
          interval: 700ms
        source:
          type: postgres
          url: %s
          on-ambiguous-rename: %s
          tables:
            include: public.*
            refresh: 1s
        sinks:
          - type: parquet
            path: %s
        """
            .formatted(
                folder.resolve(data),
                server.uri("postgres"),
                choice.grade() == Grade.EXACT ? "stop" : "drop-add",
                folder.resolve("lake")));
  }

  private Connection connect() {
    try {
      return server.connect();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Kills the pipeline a number of times, lets it catch up, and holds its lake against the source.
   */
  void round(int kills) throws Exception {
    AuditLog.clear(server);
    Lsn begin = lake.tidemark();
    long fromXid;
    try (Load load = new Load(server, choice.seed() + rounds++, 150)) {
      load.start();
      fromXid = killAgainAndAgain(kills);
      assertThat(load.oddTransactions()).as("the load went on").isPositive();
    }
    Lsn end = Lsn.parse(AuditLog.one(server, "SELECT pg_current_wal_lsn()"));
    List<String> all = AuditLog.tables(server);
    try (Program last = Program.start(folder, "run", MINE)) {
      await("the last run reaches " + end, last, () -> lake.isComplete(end, all));
      if (choice.grade() == Grade.PLAIN) {
        awaitTheCatalogIsUnderstood(last, all);
      }
      last.signal("TERM");
      assertThat(last.end(20).status()).as(last.said()).isZero();
    }
    assertThat(lake.truth().differences(all))
        .as("%s, from the source to the copy", choice)
        .isEmpty();
    lake.truth().everyChangeIsThereOnce(BANK, fromXid);
    lake.truth().noChangeIsThereTwice(all);
    int balanced = lake.bankBalancedAtEveryTidemark(begin);
    assertThat(balanced).as("tidemarks at which the bank was whole").isGreaterThan(kills / 2);
    System.out.println(
        "kill test: " + kills + " kills, the bank balanced at " + balanced + " tidemarks");
  }

  /**
   * @return a transaction id from which on the bank's tables were followed all the time
   */
  private long killAgainAndAgain(int kills) throws Exception {
    long fromXid = 0;
    for (int kill = 1; kill <= kills; kill++) {
      try (Program program = Program.start(folder, "run", MINE)) {
        if (kill % 9 == 5) {
          wakeAfterAnotherTookOver(kill, program);
        } else {
          killOnce(kill, program);
        }
      }
      if (fromXid == 0 && lake.hasMembers(BANK)) {
        fromXid = nextXid();
      }
    }
    if (fromXid == 0) {
      try (Program program = Program.start(folder, "run", MINE)) {
        await("the bank's tables are copied", program, () -> lake.hasMembers(BANK));
        fromXid = nextXid();
        program.signal("KILL");
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
    return Long.parseLong(AuditLog.one(server, "SELECT pg_snapshot_xmax(pg_current_snapshot())"));
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
  }

  /** A process sleeps, another writes on, the first wakes: it may change nothing and must end. */
  private void wakeAfterAnotherTookOver(int kill, Program sleeper) throws Exception {
    awaitCommit("kill " + kill, sleeper);
    pass(Duration.ofMillis(random.nextInt(1500)));
    sleeper.signal("STOP");
    faults.cutAll();
    try (Program other = Program.start(folder, "run", OTHERS)) {
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

  @Override
  public void close() {
    server.close();
  }
}
