package io.tidemark.app.kill;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState;
import io.tidemark.app.Program;
import io.tidemark.app.bank.BankGenerator;
import io.tidemark.app.bank.BankSchema;
import io.tidemark.app.lake.LakeCopy;
import io.tidemark.duckdb.DuckDbQuery;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import io.tidemark.parquet.state.AsOf;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The promise under fire: the process is killed (SIGKILL) again and again in the middle of its
 * work, while the server restarts, connections are cut and tables change their form. At the end
 * every value of every row equals the source, no change is missing or there twice, and the bank
 * balanced at every tidemark there ever was.
 *
 * <p>{@code -Dtidemark.kills=N} and {@code -Dtidemark.seed=N} change the number of kills and what
 * is random.
 */
@Tag("thorough")
class KillTest {
  private static final List<String> BANK = BankSchema.TABLES;
  private static final List<String> ODD =
      List.of("documents", "sightings", "measurements", "scratch");
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  private final int kills = Integer.getInteger("tidemark.kills", 25);
  private final long seed = Long.getLong("tidemark.seed", System.nanoTime());
  private final Random random = new Random(seed);

  @TempDir Path folder;

  @Test
  void nothingIsLostOrDoubledWhateverDies() throws Exception {
    System.out.println("kill test: seed " + seed + ", " + kills + " kills");
    try (EmbeddedPostgres server = EmbeddedPostgres.start(Version.V18)) {
      prepare(server);
      Truth truth = new Truth(server, folder.resolve("lake"), folder);
      Lsn end;
      long fromXid;
      try (Load load = new Load(server, seed, 150)) {
        load.start();
        fromXid = killAgainAndAgain(server, truth);
        assertThat(load.oddTransactions()).as("the load went on").isPositive();
      }
      end = walEnd(server);
      try (Program last = start()) {
        await("the last run reaches " + end, last, () -> isComplete(truth, end));
        last.signal("TERM");
        assertThat(last.end(20).status()).as(last.said()).isZero();
      }
      truth.currentRowsAreEqual(all());
      truth.everyChangeIsThereOnce(BANK, fromXid);
      truth.noChangeIsThereTwice(all());
      theBankBalancedAtEveryTidemark(truth);
    }
  }

  private static List<String> all() {
    return Stream.concat(BANK.stream(), ODD.stream()).toList();
  }

  private void prepare(EmbeddedPostgres server) throws Exception {
    BankSchema schema = new BankSchema("public");
    try (Connection db = server.connect()) {
      schema.create(db);
      OddTables.create(db);
      AuditLog.create(db, all());
    }
    try (BankGenerator generator = new BankGenerator(() -> connect(server), schema, seed)) {
      generator.open();
      generator.bulk(60_000);
    }
    Files.writeString(
        folder.resolve("tidemark.yaml"),
        """
        name: kill
        data-dir: %s
        flush:
          interval: 700ms
        source:
          type: postgres
          url: %s
          tables:
            include: public.*
            refresh: 1s
        sinks:
          - type: parquet
            path: %s
        """
            .formatted(folder.resolve("data"), server.uri("postgres"), folder.resolve("lake")));
  }

  private static Connection connect(EmbeddedPostgres server) {
    try {
      return server.connect();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private Program start() throws Exception {
    return Program.start(folder, "run", "tidemark.yaml");
  }

  /**
   * @return a transaction id from which on the bank's tables were followed all the time
   */
  private long killAgainAndAgain(EmbeddedPostgres server, Truth truth) throws Exception {
    Faults faults = new Faults(server, random);
    long fromXid = 0;
    for (int kill = 1; kill <= kills; kill++) {
      try (Program program = start()) {
        waitForItsMoment(kill, program, truth);
        String fault = kill % 2 == 0 ? faults.next() : "none";
        pass(Duration.ofMillis(random.nextInt(1500)));
        assertThat(program.isRunning())
            .as("before kill %s, after fault '%s': %s", kill, fault, program.said())
            .isTrue();
        program.signal("KILL");
      }
      if (fromXid == 0 && areMembers(truth, BANK)) {
        fromXid = nextXid(server);
      }
    }
    if (fromXid == 0) {
      try (Program program = start()) {
        await("the bank's tables are copied", program, () -> areMembers(truth, BANK));
        fromXid = nextXid(server);
        program.signal("KILL");
      }
    }
    return fromXid;
  }

  /**
   * Every third dies young, in its start or its snapshot; the others any time after they have
   * committed something.
   */
  private void waitForItsMoment(int kill, Program program, Truth truth) throws Exception {
    if (kill % 3 == 1) {
      pass(Duration.ofMillis(1000 + random.nextInt(4000)));
    } else {
      Lsn before = newest(truth);
      await(
          "kill " + kill + " waits for a commit above " + before,
          program,
          () -> before.isBefore(newest(truth)));
      pass(Duration.ofMillis(random.nextInt(2500)));
    }
  }

  private static Lsn newest(Truth truth) {
    try (LakeCopy copy = truth.open(AsOf.LATEST)) {
      return copy.tidemark().lsn();
    } catch (TidemarkException e) {
      return Lsn.ZERO; // nothing was committed yet
    }
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

  private static boolean areMembers(Truth truth, List<String> tables) {
    try (LakeCopy copy = truth.open(AsOf.LATEST)) {
      return tables.stream()
          .map(table -> copy.state().tables().get(new TableName("public", table)))
          .allMatch(state -> state != null && state.isMember());
    } catch (TidemarkException e) {
      return false; // nothing was committed yet
    }
  }

  private static boolean isComplete(Truth truth, Lsn end) {
    try (LakeCopy copy = truth.open(AsOf.LATEST)) {
      for (Map.Entry<TableName, TableState> table : copy.state().tables().entrySet()) {
        assertThat(table.getValue().phase())
            .as("%s: %s", table.getKey(), table.getValue())
            .isNotEqualTo(TableState.Phase.FAILED);
      }
      return !copy.tidemark().lsn().isBefore(end) && areMembers(truth, all());
    } catch (TidemarkException e) {
      return false; // nothing was committed yet
    }
  }

  private void theBankBalancedAtEveryTidemark(Truth truth) throws Exception {
    BankSchema bank = new BankSchema("public");
    Map<Lsn, List<List<Object>>> broken = new TreeMap<>();
    int looked = 0;
    for (Lsn tidemark : tidemarks(truth)) {
      try (LakeCopy copy = truth.open(new AsOf.Tidemark(tidemark))) {
        boolean members =
            BANK.stream()
                .map(table -> copy.state().tables().get(new TableName("public", table)))
                .allMatch(state -> state != null && state.isMember());
        if (members) {
          looked++;
          try (DuckDbQuery query = truth.query(copy)) {
            List<List<Object>> wrong = Truth.rows(query, bank.unbalanced());
            if (!wrong.isEmpty()) {
              broken.put(tidemark, wrong);
            }
            assertThat(Truth.rows(query, bank.transferred()).get(0).get(0).toString())
                .as("sum of transfers at %s", tidemark)
                .matches("0(\\.0+)?");
          }
        }
      }
    }
    assertThat(broken).as("accounts that do not balance, by tidemark").isEmpty();
    assertThat(looked).as("tidemarks at which the bank was whole").isGreaterThan(kills / 2);
    System.out.println("kill test: the bank balanced at " + looked + " tidemarks");
  }

  /** Every tidemark of the lake, walking down from the newest. */
  private static List<Lsn> tidemarks(Truth truth) {
    List<Lsn> found = new ArrayList<>();
    AsOf next = AsOf.LATEST;
    while (true) {
      try (LakeCopy copy = truth.open(next)) {
        Lsn tidemark = copy.tidemark().lsn();
        if (tidemark.equals(Lsn.ZERO)) {
          return found;
        }
        found.add(tidemark);
        next = new AsOf.Tidemark(new Lsn(tidemark.value() - 1));
      } catch (TidemarkException e) {
        return found;
      }
    }
  }

  private static Lsn walEnd(EmbeddedPostgres server) throws SQLException {
    return Lsn.parse(one(server, "SELECT pg_current_wal_lsn()"));
  }

  private static long nextXid(EmbeddedPostgres server) throws SQLException {
    return Long.parseLong(one(server, "SELECT pg_snapshot_xmax(pg_current_snapshot())"));
  }

  private static String one(EmbeddedPostgres server, String sql) throws SQLException {
    try (Connection db = server.connect();
        Statement statement = db.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }
}
