package io.tidemark.app.kill;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.engine.control.ControlClient;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/**
 * What goes wrong around a pipeline beside its own death: one fault at a time, all of them in an
 * order that the seed tells, then again.
 */
final class Faults {
  private static final List<String> DDL =
      List.of(
          "ALTER TABLE documents ADD COLUMN pages int DEFAULT 42",
          "ALTER TABLE documents RENAME COLUMN views TO seen",
          "ALTER TABLE sightings ADD COLUMN place text",
          "ALTER TABLE documents DROP COLUMN pages",
          "ALTER TABLE documents RENAME COLUMN seen TO views",
          "ALTER TABLE scratch ALTER COLUMN word TYPE varchar(200)",
          "ALTER TABLE documents ALTER COLUMN views TYPE bigint",
          "ALTER TABLE sightings DROP COLUMN place",
          "ALTER TABLE scratch ADD COLUMN spin float8 DEFAULT random()",
          "ALTER TABLE scratch DROP COLUMN spin",
          "ALTER TABLE documents ALTER COLUMN views TYPE int USING views::int");

  /** What a statement may meet when others are at work: a deadlock, and what is so already. */
  private static final Set<String> HARMLESS = Set.of("40P01", "42710", "42701", "42703", "42P01");

  private static final String CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ";

  /** Ends a fault that lasts. */
  interface End {
    void end() throws Exception;
  }

  /**
   * A fault that has begun.
   *
   * @param what it is
   * @param end what mends it; to be called once the process is dead
   */
  record Begun(String what, End end) {}

  private interface Fault {
    Begun begin() throws Exception;
  }

  private final EmbeddedPostgres server;
  private final Path dataDir;
  private final Random random;
  private final List<Fault> faults;
  private int turn;
  private int ddl;

  /**
   * @param dataDir data folder of the pipeline that is under fire
   */
  Faults(EmbeddedPostgres server, Path dataDir, Random random) {
    this.server = server;
    this.dataDir = dataDir;
    this.random = random;
    faults =
        new ArrayList<>(
            List.of(
                () -> run(CUT + "backend_type = 'walsender'"),
                this::alter,
                this::vacuumDuringCopy,
                this::restart,
                this::movePartition,
                this::alter,
                this::commitThatWaits,
                this::outOfThePublication,
                this::columnAgain,
                this::cutHalf,
                this::crash,
                this::movePartition,
                this::alter));
    Collections.shuffle(faults, random);
  }

  /** Does the next fault; a pipeline that answers is running. */
  Begun next() throws Exception {
    return faults.get(turn++ % faults.size()).begin();
  }

  /**
   * Cuts every connection of every pipeline, as a network that fails. A server process that is just
   * sending to one that sleeps notices it later: the slot is free at the end.
   */
  void cutAll() throws SQLException {
    String busy =
        "SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'tidemark' AND active";
    do {
      run(CUT + "application_name LIKE 'tidemark%'");
      LockSupport.parkNanos(100_000_000);
    } while (!"0".equals(AuditLog.one(server, busy)));
  }

  private Begun alter() throws SQLException {
    return run(DDL.get(ddl++ % DDL.size()));
  }

  private Begun restart() {
    server.restart();
    return done("restart of the server");
  }

  private Begun crash() {
    server.kill();
    server.restart();
    return done("crash of the server");
  }

  private Begun cutHalf() throws SQLException {
    return run(CUT + "application_name LIKE 'tidemark%' AND pid % 2 = " + random.nextInt(2));
  }

  /** Rows change their places while they are read. */
  private Begun vacuumDuringCopy() throws SQLException {
    copyAgain("public.archive");
    run("VACUUM FULL archive");
    run("VACUUM FULL transactions");
    return done("VACUUM FULL during a copy");
  }

  /** A column goes and another of the same name and type comes, once at the end of the row. */
  private Begun columnAgain() throws SQLException {
    run("BEGIN; ALTER TABLE documents DROP title; ALTER TABLE documents ADD title text; COMMIT");
    run("ALTER TABLE archive DROP seen; ALTER TABLE archive ADD seen int DEFAULT 7");
    return done("drop and add of columns of the same name");
  }

  /** Changes are made while nothing of them is published. */
  private Begun outOfThePublication() throws SQLException {
    String table = random.nextBoolean() ? "scratch" : "documents";
    run("ALTER PUBLICATION tidemark DROP TABLE " + table);
    run("DELETE FROM %1$s WHERE id = (SELECT min(id) FROM %1$s)".formatted(table));
    run("INSERT INTO scratch (word) VALUES ('while nobody looked')");
    run("ALTER PUBLICATION tidemark ADD TABLE " + table);
    return done(table + " out of the publication and in again");
  }

  /** A partition that is there goes, one that is not comes, with rows. */
  private Begun movePartition() throws SQLException {
    int month = 2 + random.nextInt(OddTables.MONTHS - 1);
    String leaf = "measurements_" + month;
    boolean inside =
        "t"
            .equals(
                AuditLog.one(
                    server, "SELECT relispartition FROM pg_class WHERE relname = '" + leaf + "'"));
    if (inside) {
      return run("ALTER TABLE measurements DETACH PARTITION " + leaf);
    }
    run(
        "INSERT INTO %s SELECT date '2026-0%d-01' + g, 9, g FROM generate_series(0, 9) g ON CONFLICT DO NOTHING"
            .formatted(leaf, month));
    return run(
        "ALTER TABLE measurements ATTACH PARTITION %s %s".formatted(leaf, OddTables.bounds(month)));
  }

  /**
   * Commits wait for a standby that never comes: they are in the log, and no snapshot shows them. A
   * copy begins meanwhile, or is running.
   */
  private Begun commitThatWaits() throws SQLException {
    boolean copyFirst = random.nextBoolean();
    if (copyFirst) {
      copyAgain("public.archive");
    }
    String update = "UPDATE archive SET line = 'waited' WHERE id % 1000 = " + random.nextInt(1000);
    standbys("'nobody'");
    CompletableFuture<Void> waits =
        CompletableFuture.runAsync(
            () -> {
              try {
                run(update);
              } catch (SQLException e) {
                throw new IllegalStateException(e);
              }
            });
    if (!copyFirst) {
      copyAgain("public.archive");
    }
    return new Begun(
        "a commit that waits for a standby, copy " + (copyFirst ? "before" : "after") + " it",
        () -> {
          standbys("''");
          waits.join();
        });
  }

  private void standbys(String names) throws SQLException {
    run("ALTER SYSTEM SET synchronous_standby_names = " + names);
    run("SELECT pg_reload_conf()");
  }

  /** Has a table copied again, and waits until its copy runs, if that can be seen. */
  private void copyAgain(String table) {
    try {
      ControlClient pipeline = ControlClient.find(dataDir).orElseThrow();
      pipeline.recopyTable(table);
      for (int look = 0; look < 100 && !isCopying(pipeline, table); look++) {
        LockSupport.parkNanos(20_000_000);
      }
    } catch (TidemarkException e) {
      // it has just lost its server; the copy is then one that begins with the next life
    }
  }

  private static boolean isCopying(ControlClient pipeline, String table) {
    return pipeline.status().tables().stream()
        .anyMatch(each -> each.name().equals(table) && each.state().equals("copying"));
  }

  private Begun run(String sql) throws SQLException {
    try (Connection db = server.connect();
        Statement statement = db.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      if (!HARMLESS.contains(e.getSQLState())) {
        throw e;
      }
    }
    return done(sql);
  }

  private static Begun done(String what) {
    return new Begun(what, () -> {});
  }
}
