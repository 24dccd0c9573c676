package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Databases that check no text, types that have no binary form, logs that were thrown away. */
class OddServersTest {
  private static final Version VERSION = Tried.version(Version.V18);

  /** A capture of a database whose encoding is SQL_ASCII. */
  private static Capture ascii(String database) throws Exception {
    Capture capture = Capture.on(Version.V18, database);
    capture.server.execute(
        "DROP DATABASE " + database,
        "CREATE DATABASE "
            + database
            + " ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
    capture.execute(
        "CREATE TABLE t (id int PRIMARY KEY, v text, n numeric(6,2))",
        "INSERT INTO t VALUES (1, E'gr\\xfcn', 1), (2, E'gr\\xc3\\xbcn', 2), (3, 'plain', 3)");
    return capture;
  }

  @Test
  void textsThatAreNoUtf8KeepTheirBytesInTheCopyAndInTheStream() throws Exception {
    try (Capture capture = ascii("ascii_raw")) {
      capture.open();
      capture.untilMember("t");
      capture.catchUp();
      assertThat(capture.current("t"))
          .containsExactly("[1, \\x6772fc6e, 1.00]", "[2, grün, 2.00]", "[3, plain, 3.00]");
      capture.execute(
          "INSERT INTO t VALUES (4, E'\\xff\\xfe', 4), (5, 'good', 5)",
          "UPDATE t SET v = E'a\\x80' WHERE id = 3",
          "UPDATE t SET v = E'\\xe2\\x82\\xac' WHERE id = 1");
      capture.crash();
      capture.catchUp();
      assertThat(capture.current("t"))
          .containsExactly(
              "[1, €, 1.00]",
              "[2, grün, 2.00]",
              "[3, \\x6180, 3.00]",
              "[4, \\xfffe, 4.00]",
              "[5, good, 5.00]");
    }
  }

  @Test
  void underRejectSuchATextIsGivenAsRefused() throws Exception {
    try (Capture capture = ascii("ascii_reject")) {
      capture.execute("DELETE FROM t WHERE id = 1");
      capture.with("overflow", "reject").open();
      capture.untilMember("t");
      capture.execute("INSERT INTO t VALUES (4, E'\\xff', 4), (5, 'good', 5)");
      capture.catchUp();
      assertThat(capture.copy.refused).containsExactly("public.t.v = \\xff");
    }
  }

  @Test
  void theStreamGoesOverToTextByItselfWhereAValueHasNoBinaryForm() throws Exception {
    try (Capture capture = Capture.on(Version.V18, "nosend")) {
      capture.execute(
          "CREATE TABLE t (id int PRIMARY KEY, at timestamptz, data bytea, n numeric, f float8)",
          "INSERT INTO t VALUES (1, now(), '\\x00ff', 1.50, 'NaN')");
      capture.open();
      capture.untilMember("t");
      capture.execute(
          "INSERT INTO t VALUES (2, '-infinity', '\\x', 'NaN', '-0')",
          "CREATE TYPE holder AS (who text, acl aclitem)",
          "CREATE TYPE outer_holder AS (inside holder[], n int)",
          "CREATE DOMAIN acls AS aclitem[]",
          "CREATE TABLE h (id int PRIMARY KEY, one holder, many outer_holder, d acls)");
      capture.untilMember("h");
      // the stream runs in binary: at this row the server fails, and would fail for ever
      capture.execute(
          "INSERT INTO h VALUES (1, ROW('x', 'postgres=r/postgres'),"
              + " ROW(ARRAY[ROW('y', 'postgres=w/postgres')::holder], 7),"
              + " '{postgres=r/postgres,=w/postgres}')",
          "INSERT INTO t VALUES (3, '0044-03-15 BC', '\\xdeadbeef', 1e100, 1e-300)",
          "UPDATE h SET d = NULL",
          "INSERT INTO h VALUES (2, NULL, NULL, '{}')");
      capture.assertEqual("t", "h");
      // from the start in text, by the catalog, and copied by the types' output functions
      capture.crash();
      capture.execute("INSERT INTO h SELECT 3, one, many, d FROM h WHERE id = 1");
      capture.source.request(new io.tidemark.api.source.SourceRequest.Recopy(TableName.parse("h")));
      capture.untilCopied("h", 2);
      capture.execute("DELETE FROM h WHERE id = 2");
      capture.assertEqual("t", "h");
    }
  }

  @Test
  void aSlotWhoseLogWasThrownAwayStopsWithTheWayOut() throws Exception {
    try (EmbeddedPostgres own =
            EmbeddedPostgres.of(VERSION)
                .setting("max_slot_wal_keep_size", "16MB")
                .setting("min_wal_size", "32MB")
                .setting("max_wal_size", "32MB")
                .start();
        Capture capture = new Capture(own, "lost")) {
      capture.execute("CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1)");
      capture.open();
      capture.untilMember("t");
      capture.catchUp();
      capture.source.close();
      for (int i = 0; i < 6; i++) {
        capture.execute("INSERT INTO t VALUES (" + (10 + i) + ")", "SELECT pg_switch_wal()");
      }
      capture.execute("CHECKPOINT");
      assertThat(capture.refusal())
          .hasMessageContaining("thrown away WAL that it still needed (max_slot_wal_keep_size)")
          .hasMessageContaining("begin a new copy");
    }
  }

  @Test
  void everyTableOfTheDatabaseIsOnlyPublishedOnRequest() throws Exception {
    try (Capture capture = Capture.on(Version.V18, "everything")) {
      capture.execute(
          "CREATE TABLE t (id int PRIMARY KEY)",
          "CREATE TABLE unselected (id int)",
          "INSERT INTO t VALUES (1)");
      capture.with("tables.exclude", "public.unselected").open();
      capture.untilMember("t");
      String all = "SELECT string_agg(puballtables::text, ' ') FROM pg_publication";
      assertThat(capture.ask(all)).isEqualTo("false false");
      capture.execute("INSERT INTO unselected VALUES (1)", "UPDATE unselected SET id = 2");
      capture.source.close();
    }
    try (Capture capture = Capture.on(Version.V18, "on_request")) {
      capture.execute("CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1)");
      capture.with("publication.mode", "all").open();
      capture.untilMember("t");
      assertThat(capture.ask("SELECT puballtables FROM pg_publication")).isEqualTo("t");
      capture.execute("INSERT INTO t VALUES (2)");
      capture.assertEqual("t");
      assertThat(List.of(capture.phase("t"))).containsExactly(Phase.MEMBER);
    }
  }
}
