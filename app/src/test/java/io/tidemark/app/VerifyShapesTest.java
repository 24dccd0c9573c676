package io.tidemark.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.EmbeddedS3;
import io.tidemark.embedded.Version;
import io.tidemark.testkit.Batches;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code tidemark verify} of tables of odd shapes, other stores and sources, and within limits. */
@Tag("thorough")
@Timeout(240)
class VerifyShapesTest {
  private static EmbeddedPostgres server;

  @TempDir Path folder;

  @BeforeAll
  static void startServer() {
    server = EmbeddedPostgres.start(Version.V18);
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  private VerifiedCopy copy(String database, String more) throws Exception {
    server.createDatabase(database);
    return new VerifiedCopy(server, database, folder, more);
  }

  @Test
  void tablesOfOddShapesAreComparedValueByValue() throws Exception {
    String wide =
        IntStream.range(0, 298).mapToObj(i -> "c" + i + " int").collect(Collectors.joining(", "));
    try (VerifiedCopy copy = copy("shapes", "")) {
      copy.execute(
          "CREATE TABLE parts (id int, day date, v text, PRIMARY KEY (day, id))"
              + " PARTITION BY RANGE (day)",
          "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')",
          "CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')",
          "INSERT INTO parts SELECT n, date '2026-01-01' + n % 50, 'v' FROM generate_series(1, 500) n",
          "CREATE TABLE computed (id int PRIMARY KEY, a int,"
              + " stored int GENERATED ALWAYS AS (a * 2) STORED,"
              + " virtual int GENERATED ALWAYS AS (a * 3) VIRTUAL)",
          "INSERT INTO computed SELECT n, n FROM generate_series(1, 200) n",
          "CREATE TABLE numbers (id int PRIMARY KEY, f real, d float8, n numeric, m numeric(12,4))",
          "INSERT INTO numbers VALUES (1, 'NaN', 'NaN', 'NaN', 0), (2, '-0', '-0', -0.00, 1.5),"
              + " (3, 'Infinity', '-Infinity', 'Infinity', 99999998.9999),"
              + " (4, 1e-45, 5e-324, 1.50, -1), (5, 3.4028235e38, 1.7976931348623157e308,"
              + " 1e100, 0.0001), (6, 0, 0, 1.5000, NULL)",
          "CREATE TABLE toasted (id int PRIMARY KEY, doc text, n int)",
          "ALTER TABLE toasted ALTER doc SET STORAGE EXTERNAL",
          "INSERT INTO toasted SELECT n, repeat(md5(n::text), 3000), n FROM generate_series(1, 40) n",
          "CREATE TABLE wide (id int PRIMARY KEY, " + wide + ", last text)",
          "INSERT INTO wide (id, c0, c297, last) SELECT n, n, n, 'l' || n"
              + " FROM generate_series(1, 300) n");
      copy.start(5);
      copy.execute(
          "UPDATE parts SET day = day + 20 WHERE id < 20 AND day < '2026-02-01'",
          "UPDATE computed SET a = -a WHERE id % 3 = 0",
          "UPDATE numbers SET m = m + 1, n = n * 1.00",
          "UPDATE toasted SET n = n + 1", // leaves the documents out of the log
          "UPDATE wide SET c150 = id, last = NULL WHERE id % 2 = 0");
      copy.catchUp();
      for (String[] options : new String[][] {{}, {"--one-position"}, {"--round", "37"}}) {
        VerifiedCopy.Verified equal = copy.verify(options);
        assertThat(equal.isEqual()).as(equal.report().toString()).isTrue();
        assertThat(equal.table("parts").get("rows").asLong()).isEqualTo(500);
        assertThat(equal.table("wide").get("rows").asLong()).isEqualTo(300);
      }
      copy.stop();
      copy.plant("parts", rows -> rows.update(33, java.time.LocalDate.of(2026, 2, 3), "w"));
      copy.plant("computed", rows -> rows.update(4, 4, 9));
      copy.plant(
          "numbers",
          rows ->
              rows.update(
                      2, 0.0f, -0.0, new Batches.Raw("0.00"), new java.math.BigDecimal("2.5000"))
                  .update(6, 0.0f, 0.0, new Batches.Raw("1.50000"), null));
      copy.plant("toasted", rows -> rows.update(7, "short", 8));
      copy.start(5);
      VerifiedCopy.Verified found = copy.verify("--round", "37");
      assertThat(found.differences("parts")).containsExactly("changed 2026-02-03 33 .v");
      assertThat(found.differences("computed")).containsExactly("changed 4 .stored");
      assertThat(found.differences("numbers")).containsExactly("changed 2 .f .n", "changed 6 .n");
      assertThat(found.differences("toasted")).containsExactly("changed 7 .doc");
      assertThat(found.verdict("wide")).isEqualTo("equal");
      VerifiedCopy.Verified mended = copy.verify("--repair");
      assertThat(mended.status()).as(mended.report().toString()).isZero();
      copy.execute("UPDATE toasted SET n = 0 WHERE id = 7", "TRUNCATE parts_2");
      copy.catchUp();
      VerifiedCopy.Verified after = copy.verify();
      assertThat(after.isEqual()).as(after.report().toString()).isTrue();
    }
  }

  @Test
  void aSampleIsAShareAndARateIsKept() throws Exception {
    try (VerifiedCopy copy = copy("limits", "")) {
      copy.execute(
          "CREATE TABLE rows (id int PRIMARY KEY, v text)",
          "INSERT INTO rows SELECT n, 'v' || n FROM generate_series(1, 30000) n",
          "CREATE TABLE words (word text PRIMARY KEY)",
          "INSERT INTO words SELECT 'w' || n FROM generate_series(1, 3000) n");
      copy.start(2);
      copy.catchUp();
      VerifiedCopy.Verified sample = copy.verify("--sample", "50%", "--round", "500");
      assertThat(sample.isEqual()).isTrue();
      assertThat(sample.report().get("sample").asDouble()).isEqualTo(0.5);
      assertThat(sample.table("rows").get("rows").asLong()).isGreaterThan(0).isLessThan(30_000);
      assertThat(copy.call("--sample", "50%").out()).contains("in a sample of 50 % (seed ");

      // 33,000 rows at 15,000 a second take 2.2 s and not less
      VerifiedCopy.Verified slow = copy.verify("--rate", "15000", "--round", "1000");
      assertThat(slow.isEqual()).isTrue();
      assertThat(slow.report().get("millis").asLong()).isGreaterThan(2_100);
      assertThat(slow.report().at("/load/rows").asLong()).isGreaterThanOrEqualTo(33_000);
      assertThat(slow.table("rows").get("ranges").asLong()).isGreaterThanOrEqualTo(30);
      // ranges that cannot be read in time are read in smaller ones, or named
      VerifiedCopy.Verified hasty = copy.verify("--statement-timeout", "1ms");
      for (JsonNode table : hasty.report().get("tables")) {
        assertThat(table.get("verdict").asText()).isIn("equal", "undecided");
      }
    }
  }

  @Test
  void rowsThatWaitAsDeadLettersAreExcepted() throws Exception {
    server.createDatabase("letters");
    server.createDatabase("letters_copy");
    server.executeIn("letters_copy", "CREATE DOMAIN public.small AS int CHECK (VALUE < 100)");
    try (VerifiedCopy copy =
        VerifiedCopy.with(
            server,
            "letters",
            folder,
            "  - {type: postgres, name: base, url: \"" + server.uri("letters_copy") + "\"}\n",
            "on-reject: transaction\n")) {
      copy.execute(
          "CREATE DOMAIN small AS int",
          "CREATE TABLE t (id int PRIMARY KEY, n small)",
          "INSERT INTO t SELECT n, n FROM generate_series(1, 50) n");
      copy.start(1);
      copy.execute("UPDATE t SET n = 500 WHERE id = 5", "INSERT INTO t VALUES (60, 600), (61, 61)");
      copy.catchUp();
      VerifiedCopy.Verified found = copy.verify();
      assertThat(found.isEqual()).as(found.report().toString()).isTrue();
      // the row, and the transaction of the other whole
      assertThat(found.table("t").get("deadLetters").asLong()).isEqualTo(3);
      assertThat(found.differences("t")).isEmpty();
      // another difference beside them is none of theirs, and a repair leaves them alone
      server.executeIn("letters_copy", "DELETE FROM t WHERE id = 7");
      assertThat(copy.verify().differences("t")).containsExactly("missing 7");
      VerifiedCopy.Verified mended = copy.verify("--repair");
      assertThat(mended.status()).as(mended.report().toString()).isZero();
      assertThat(mended.report().at("/repair/tables/0/keys").asLong()).isEqualTo(1);
      assertThat(copy.verify().table("t").get("deadLetters").asLong()).isEqualTo(3);
      assertThat(copy.call().out()).contains("excepted: 3 rows that wait as dead letters");
    }
  }

  @Test
  void aLakeOnS3IsComparedAndMended() throws Exception {
    server.createDatabase("on_s3");
    try (EmbeddedS3 s3 = EmbeddedS3.start(folder.resolve("s3"))) {
      s3.createBucket("verified");
      String sink =
          "  - {type: parquet, path: \"s3://verified/lake\", endpoint: \"%s\", region: %s,"
                  .formatted(s3.endpoint(), EmbeddedS3.REGION)
              + " path-style: true, access-key: %s, secret-key: %s}\n"
                  .formatted(s3.accessKey(), s3.secretKey());
      try (VerifiedCopy copy = VerifiedCopy.with(server, "on_s3", folder, sink, "")) {
        copy.execute(
            "CREATE TABLE t (id int PRIMARY KEY, v text)",
            "INSERT INTO t SELECT n, 'v' || n FROM generate_series(1, 2000) n",
            "CREATE TABLE loose (v text)",
            "ALTER TABLE loose REPLICA IDENTITY FULL",
            "INSERT INTO loose SELECT 'v' FROM generate_series(1, 20)");
        copy.start(2);
        copy.execute("UPDATE t SET v = 'w' WHERE id % 5 = 0");
        copy.catchUp();
        VerifiedCopy.Verified equal = copy.verify();
        assertThat(equal.isEqual()).as(equal.report().toString()).isTrue();
        assertThat(Files.exists(folder.resolve("lake"))).isFalse();
      }
    }
  }

  @Test
  void aStandbyIsASourceAsWell() throws Exception {
    EmbeddedPostgres primary = EmbeddedPostgres.start(Version.V18);
    primary.execute(
        "SELECT pg_create_physical_replication_slot('standby', true)",
        "CREATE TABLE t (id int PRIMARY KEY, v text)",
        "INSERT INTO t SELECT n, 'v' || n FROM generate_series(1, 500) n",
        "CREATE PUBLICATION bank FOR TABLE t");
    primary.stop();
    EmbeddedPostgres standby =
        EmbeddedPostgres.of(Version.V18)
            .standbyOf(primary)
            .setting("primary_slot_name", "standby")
            .setting("hot_standby_feedback", "on")
            .setting("wal_receiver_status_interval", "1s")
            .start();
    primary.restart();
    Thread saying = sayWhatRuns(primary);
    try (standby;
        primary;
        VerifiedCopy copy =
            VerifiedCopy.with(
                standby,
                "postgres",
                folder,
                "  - {type: parquet, path: " + folder.resolve("lake") + "}\n",
                "  publication: bank\n  publication.mode: existing\n")) {
      copy.start(1);
      primary.execute("UPDATE t SET v = 'w' WHERE id < 50", "DELETE FROM t WHERE id > 490");
      VerifiedCopy.Verified equal = copy.verify("--one-position");
      assertThat(equal.isEqual()).as(equal.report().toString()).isTrue();
      copy.stop();
      copy.plant("t", rows -> rows.update(7, "planted").delete(8));
      copy.start(1);
      assertThat(copy.verify().differences("t")).containsExactly("changed 7 .v", "missing 8");
      VerifiedCopy.Verified mended = copy.verify("--repair");
      assertThat(mended.status()).as(mended.report().toString()).isZero();
    } finally {
      saying.interrupt();
      saying.join();
    }
  }

  /** A slot on a standby waits for what a primary says now and then, here at once. */
  private static Thread sayWhatRuns(EmbeddedPostgres primary) {
    Thread thread =
        new Thread(
            () -> {
              try (Connection connection = primary.connect();
                  Statement statement = connection.createStatement()) {
                while (!Thread.currentThread().isInterrupted()) {
                  statement.execute("SELECT pg_log_standby_snapshot()");
                  TimeUnit.MILLISECONDS.sleep(100);
                }
              } catch (SQLException | InterruptedException e) {
                // the primary ended, or the test wants no more
              }
            });
    thread.setDaemon(true);
    thread.start();
    return thread;
  }
}
