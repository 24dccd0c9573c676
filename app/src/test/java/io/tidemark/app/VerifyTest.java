package io.tidemark.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import io.tidemark.testkit.Batches;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Instant;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code tidemark verify}: finds every planted difference, and none that is not there. */
@Timeout(180)
class VerifyTest {
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
  void everyKindOfPlantedDifferenceIsFound() throws Exception {
    try (VerifiedCopy copy = copy("planted", "")) {
      copy.execute(
          "CREATE TABLE rows (id bigint PRIMARY KEY, name text, price numeric, ratio float8)",
          "INSERT INTO rows SELECT n, 'name ' || n, 1.50, 0 FROM generate_series(1, 60000) n",
          "UPDATE rows SET name = '' WHERE id = 20",
          "UPDATE rows SET ratio = 'NaN' WHERE id = 23",
          "CREATE TABLE pairs (a uuid, b date, v int, PRIMARY KEY (b, a))",
          "INSERT INTO pairs SELECT md5(n::text)::uuid, date '2026-01-01' + n % 40 - 20, n"
              + " FROM generate_series(1, 500) n",
          "CREATE TABLE words (word text PRIMARY KEY, n int)",
          "INSERT INTO words SELECT 'Word ' || n, n FROM generate_series(1, 500) n",
          "CREATE TABLE loose (word text, n int)",
          "ALTER TABLE loose REPLICA IDENTITY FULL",
          "INSERT INTO loose SELECT 'w' || n % 5, n % 5 FROM generate_series(1, 100) n",
          "CREATE TABLE emptied (id int PRIMARY KEY, v text)",
          "INSERT INTO emptied VALUES (1, 'a'), (2, 'b')",
          "TRUNCATE emptied",
          "CREATE TABLE fine (id int PRIMARY KEY)",
          "INSERT INTO fine SELECT generate_series(1, 100)");
      copy.start(6);
      copy.catchUp();
      VerifiedCopy.Verified before = copy.verify();
      assertThat(before.isEqual()).as(before.report().toString()).isTrue();
      assertThat(before.table("rows").get("rows").asLong()).isEqualTo(60_000);
      assertThat(before.report().get("position").asText()).isEmpty();

      copy.stop();
      copy.plant(
          "rows",
          rows ->
              rows.delete(17L) // missing
                  .insert(500_000L, "extra", new Batches.Raw("1.50"), 0.0)
                  .update(18L, "other", new Batches.Raw("1.50"), 0.0)
                  .update(19L, "NAME 19", new Batches.Raw("1.50"), 0.0) // case
                  .update(20L, null, new Batches.Raw("1.50"), 0.0) // NULL for ''
                  .update(21L, "name 21", new Batches.Raw("1.5"), 0.0) // scale
                  .update(22L, "name 22", new Batches.Raw("1.50"), -0.0)
                  .update(23L, "name 23", new Batches.Raw("1.50"), 0.0) // for NaN
                  // an update of the key from -24 to 24 whose old key stayed
                  .insert(-24L, "name 24", new Batches.Raw("1.50"), 0.0));
      copy.plant("words", rows -> rows.update("Word 7", 8L).delete("Word 9"));
      copy.plant("loose", rows -> rows.insert("w1", 1L).insert("w1", 1L).delete("w2", 2L));
      copy.plant("emptied", rows -> rows.insert(1L, "a").insert(2L, "b")); // TRUNCATE not seen
      copy.start(6);
      // also with one round that holds the whole table, and with small ones
      for (String[] options :
          new String[][] {{}, {"--round", "100000"}, {"--one-position", "--round", "1000"}}) {
        planted(copy.verify(options));
      }
      Program.Said said = copy.call("--html", folder.resolve("report.html").toString());
      assertThat(said.status()).isEqualTo(1);
      assertThat(said.out())
          .contains("other values: key (21) in price", "only in the copy: key (-24)")
          .contains("missing in the copy: a row without a key", "DIFFERENT: 4 tables differ");
      assertThat(Files.readString(folder.resolve("report.html")))
          .contains("<!doctype html>", "other values: key (21) in price", "Looked at again");
      said = copy.call("--repair");
      assertThat(said.status()).as(said.out() + said.err()).isZero();
      assertThat(said.out())
          .contains("public.rows: 9 keys written anew as of ", "public.words: 2 keys")
          .contains("public.loose: copied again", "The history was not mended")
          .contains("Compared again: EQUAL: 4 tables equal");
      assertThat(copy.verify().isEqual()).isTrue();
    }
  }

  private static void planted(VerifiedCopy.Verified found) {
    assertThat(found.status()).isEqualTo(1);
    assertThat(found.differences("rows"))
        .containsExactlyInAnyOrder(
            "missing 17",
            "extra 500000",
            "extra -24",
            "changed 18 .name",
            "changed 19 .name",
            "changed 20 .name",
            "changed 21 .price",
            "changed 22 .ratio",
            "changed 23 .ratio");
    assertThat(found.differences("words"))
        .containsExactlyInAnyOrder("changed Word 7 .n", "missing Word 9");
    assertThat(found.differences("loose")).containsExactlyInAnyOrder("extra x2", "missing");
    assertThat(found.differences("emptied")).containsExactlyInAnyOrder("extra 1", "extra 2");
    assertThat(found.verdict("pairs")).isEqualTo("equal");
    assertThat(found.verdict("fine")).isEqualTo("equal");
    assertThat(found.report().get("position").asText()).contains("/");
    assertThat(found.report().get("heldMillis").asLong()).isPositive();
  }

  @Test
  void rowsAreComparedAsTheTransformsPromise() throws Exception {
    String transforms =
        """
        transforms:
          - {type: mask, tables: public.people, columns: {mail: hash, name: redact, phone: partial, note: 'null'}, key: a-secret-of-enough-signs}
          - {type: filter, tables: public.people, where: age >= 18}
          - {type: constant, tables: public.people, column: origin, value: here}
          - {type: columns, tables: public.plain, exclude: [hidden]}
          - {type: rename, table: public.plain, to: crm.clients, columns: {v: value}}
          - {type: tables, exclude: public.left_out}
        """;
    try (VerifiedCopy copy = copy("altered", transforms)) {
      copy.execute(
          "CREATE TABLE people (id int PRIMARY KEY, mail text, name text, phone text, note jsonb,"
              + " age int, size numeric(6,2), born timestamptz)",
          "INSERT INTO people SELECT n, 'm' || n, 'n' || n, '0123' || n, '{}', n % 60, n / 7.0,"
              + " timestamptz '2000-01-01 00:00:00.5+00' + n * interval '1 day'"
              + " FROM generate_series(1, 400) n",
          "INSERT INTO people VALUES (1000, NULL, NULL, NULL, NULL, 30, NULL, 'infinity')",
          "CREATE TABLE plain (id int PRIMARY KEY, v text, hidden text)",
          "INSERT INTO plain SELECT n, 'v' || n, 'h' FROM generate_series(1, 400) n",
          "CREATE TABLE left_out (id int PRIMARY KEY)");
      copy.start(2);
      copy.catchUp();
      VerifiedCopy.Verified equal = copy.verify();
      assertThat(equal.isEqual()).as(equal.report().toString()).isTrue();
      assertThat(equal.verdict("left_out")).isEqualTo("excepted");
      assertThat(equal.table("people").get("rows").asLong()).isLessThan(400).isPositive();

      copy.stop();
      copy.plant(
          "people",
          rows ->
              rows.update(20L, "no hash", "***", "*****20", null, 20L)
                  .insert(5L, "a minor", "***", "***", null, 5L));
      copy.plant("plain", rows -> rows.update(7L, "V7"));
      copy.start(2);
      VerifiedCopy.Verified found = copy.verify();
      assertThat(found.differences("people")).containsExactlyInAnyOrder("changed 20", "extra 5");
      assertThat(found.differences("plain")).containsExactly("changed 7 .value");
    }
  }

  @Test
  void withoutAPipelineEqualityIsProvenAndNothingElseIsClaimed() throws Exception {
    try (VerifiedCopy copy = copy("stopped", "")) {
      copy.execute(
          "CREATE TABLE a (id int PRIMARY KEY, v text)",
          "CREATE TABLE b (id int PRIMARY KEY, v text)",
          "INSERT INTO a SELECT n, 'v' FROM generate_series(1, 100) n",
          "INSERT INTO b SELECT n, 'v' FROM generate_series(1, 100) n");
      copy.start(2);
      copy.catchUp();
      copy.stop();
      assertThat(copy.verify().isEqual()).isTrue();
      copy.execute("UPDATE a SET v = 'w' WHERE id = 4", "ALTER TABLE b ADD COLUMN later int");
      VerifiedCopy.Verified after = copy.verify();
      assertThat(after.status()).isEqualTo(1);
      assertThat(after.verdict("a")).isEqualTo("undecided");
      assertThat(after.table("a").get("reason").asText())
          .contains("1 keys differ", "no pipeline runs", "Start it");
      assertThat(after.verdict("b")).isEqualTo("equal");
      assertThat(after.table("b").get("notCompared").toString()).contains("later");
      assertThat(copy.verify("--table", "public.b").isEqual()).isTrue();
      assertThat(copy.call("--one-position").status()).isEqualTo(3);
      assertThat(copy.call("--one-position").err()).contains("no pipeline runs");
      assertThat(copy.call("--table", "public.c").status()).isEqualTo(2);
      copy.start(2);
      assertThat(copy.verify().isEqual()).isTrue();
    }
  }

  @Test
  void theWaitForAPositionIsBoundedAndNamesTheTransaction() throws Exception {
    try (VerifiedCopy copy = copy("blocked", "")) {
      copy.execute("CREATE TABLE a (id int PRIMARY KEY, v text)", "INSERT INTO a VALUES (1, 'v')");
      copy.start(1);
      copy.catchUp();
      copy.stop();
      copy.plant("a", rows -> rows.update(1L, "planted"));
      copy.start(1);
      try (Connection holder = server.connect("blocked");
          Statement statement = holder.createStatement()) {
        holder.setAutoCommit(false);
        statement.execute("SET application_name = 'the one that waits'");
        statement.execute("INSERT INTO a VALUES (2, 'open')");
        Instant began = Instant.now();
        Program.Said said = copy.call("--one-position", "--wait", "100ms");
        assertThat(said.status()).isEqualTo(3);
        assertThat(said.err()).contains("the one that waits", "had to wait for older transactions");
        assertThat(Instant.now()).isBefore(began.plusSeconds(60));
        VerifiedCopy.Verified undecided = copy.verify("--wait", "100ms");
        assertThat(undecided.verdict("a")).isEqualTo("undecided");
        assertThat(undecided.table("a").get("reason").asText()).contains("the one that waits");
        holder.rollback();
      }
      assertThat(copy.verify().differences("a")).containsExactly("changed 1 .v");
      copy.execute("INSERT INTO a VALUES (3, 'after')");
      copy.catchUp();
      assertThat(copy.verify().differences("a")).containsExactly("changed 1 .v");
    }
  }

  @Test
  void aSourceThatCannotBeReachedIsNoDifference() throws Exception {
    try (VerifiedCopy copy = copy("gone", "")) {
      copy.execute("CREATE TABLE a (id int PRIMARY KEY)");
      copy.start(1);
      copy.catchUp();
      copy.stop();
      String yaml = Files.readString(folder.resolve("tidemark.yaml"));
      Files.writeString(
          folder.resolve("tidemark.yaml"),
          yaml.replaceFirst("url: .*", "url: postgres://nobody@127.0.0.1:1/none"));
      Program.Said said = copy.call();
      assertThat(said.status()).isEqualTo(3);
      assertThat(said.err()).contains("Cannot connect");
    }
  }
}
