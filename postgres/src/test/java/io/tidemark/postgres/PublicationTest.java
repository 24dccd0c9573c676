package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.embedded.Version;
import io.tidemark.postgres.doctor.Doctor;
import io.tidemark.postgres.doctor.EventTrigger;
import io.tidemark.postgres.doctor.Finding;
import io.tidemark.postgres.doctor.PostgresAdmin;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Publications and slots that others made or may not make: used as they are, never at a cost. */
class PublicationTest {
  private static Capture capture(String database) throws Exception {
    Capture capture = Capture.on(Version.V18, database).withTable(20);
    capture.execute("CREATE TABLE plain (a int)", "INSERT INTO plain VALUES (1)");
    return capture;
  }

  private static List<String> published(Capture capture, String publication) throws Exception {
    return capture
        .sourceRows("pg_catalog.pg_publication_tables", "pubname, schemaname, tablename")
        .stream()
        .filter(row -> row.startsWith("[" + publication + ","))
        .toList();
  }

  @Test
  void aCopyWhosePublicationsAreGoneSaysSo() throws Exception {
    try (Capture capture = capture("dropped")) {
      capture.open();
      capture.untilMember("t");
      capture.source.close();
      capture.execute("DROP PUBLICATION dropped, dropped_inserts");
      assertThat(capture.refusal())
          .hasMessageStartingWith("Cannot go on from slot dropped: publication dropped, ")
          .hasMessageContaining("begin a new copy");
    }
  }

  @Test
  void theSecondPublicationIsMadeWhereOnlyTheFirstIsThere() throws Exception {
    try (Capture capture = capture("half")) {
      capture.execute("CREATE PUBLICATION half FOR TABLE t");
      capture.open();
      capture.untilMember("t", "plain");
      capture.execute("UPDATE plain SET a = 2", "INSERT INTO plain VALUES (3)");
      capture.catchUp();
      assertThat(published(capture, "half_inserts"))
          .containsExactly("[half_inserts, public, plain]");
    }
  }

  @Test
  void tablesThatOthersPublishedStayPublished() throws Exception {
    try (Capture capture = capture("shared")) {
      capture.execute(
          "CREATE SCHEMA other",
          "CREATE TABLE other.theirs (id int PRIMARY KEY)",
          "CREATE PUBLICATION shared FOR TABLE other.theirs");
      capture.with("tables.include", "public.*").open();
      capture.untilMember("t", "plain");
      capture.execute("CREATE TABLE u (id int PRIMARY KEY)");
      capture.untilMember("u");
      assertThat(published(capture, "shared"))
          .containsExactly("[shared, other, theirs]", "[shared, public, t]", "[shared, public, u]");
    }
  }

  @Test
  void aTableWithoutIdentityIsNeverAdvisedIntoTheFirst() throws Exception {
    try (Capture capture = capture("advice")) {
      capture.execute(
          "CREATE ROLE adviser LOGIN REPLICATION PASSWORD 'adviser'",
          "GRANT SELECT ON ALL TABLES IN SCHEMA public TO adviser",
          "CREATE PUBLICATION advice FOR TABLE t");
      capture.with("user", "adviser").with("password", "adviser").open();
      capture.untilMember("t");
      capture.until(() -> capture.phase("plain") == Phase.WAITING);
      assertThat(capture.reason("plain"))
          .endsWith("must run ALTER TABLE \"public\".\"plain\" REPLICA IDENTITY FULL");
      capture.execute("CREATE PUBLICATION advice_inserts FOR TABLE plain");
      capture.execute("UPDATE t SET v = 'x'");
      capture.assertEqual("t");
      // the stream does not read it: the table must not pass for captured, now or later
      assertThat(capture.phase("plain")).isEqualTo(Phase.WAITING);
      capture.source.close();
      capture.execute("UPDATE t SET v = 'y'", "CREATE TABLE unseen (a int)", "DROP TABLE unseen");
      capture.open();
      capture.assertEqual("t");
      assertThat(capture.phase("plain")).isEqualTo(Phase.WAITING);
    }
  }

  @Test
  void theLeastRoleIsToldWhatToRunAndDropsWhatIsItsOwn() throws Exception {
    try (Capture capture = capture("told")) {
      capture.execute(
          "CREATE TABLE g (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED)",
          "INSERT INTO g VALUES (1)",
          "CREATE ROLE told LOGIN REPLICATION PASSWORD 'told'",
          "GRANT SELECT ON ALL TABLES IN SCHEMA public TO told",
          EventTrigger.sql());
      capture.with("user", "told").with("password", "told");
      TidemarkException refused = catchThrowableOfType(TidemarkException.class, capture::open);
      capture.source.close();
      assertThat(refused.code()).isEqualTo(ErrorCode.SOURCE_NOT_READY);
      String sql =
          refused.getMessage().substring(refused.getMessage().indexOf("CREATE PUBLICATION"));
      Finding finding =
          new Doctor(capture.config(), Map.of())
              .examine().stream().filter(f -> f.check().equals("publication")).findFirst().get();
      assertThat(finding.remedy()).isEqualTo(sql);
      capture.execute(sql.split("(?<=;) "));
      capture.open();
      capture.untilMember("t", "g", "plain");
      capture.execute("UPDATE g SET id = 2", "UPDATE plain SET a = 5", "UPDATE t SET v = 'y'");
      capture.assertEqual("t");
      boolean generated = Tried.version(Version.V18) == Version.V18;
      assertThat(capture.current("g"))
          .as("before 18 generated columns are never published")
          .isEqualTo(capture.sourceRows("g", generated ? "*" : "id"));
      capture.source.close();
      PostgresAdmin.Dropped done = new PostgresAdmin(capture.config(), Map.of()).drop();
      assertThat(done.dropped()).containsExactly("slot told");
      assertThat(done.left())
          .hasSize(3)
          .anyMatch(left -> left.contains("DROP PUBLICATION IF EXISTS \"told\";"))
          .anyMatch(left -> left.contains("DROP PUBLICATION IF EXISTS \"told_inserts\";"))
          .anyMatch(left -> left.contains("DROP SCHEMA tidemark CASCADE;"));
    }
  }

  @Test
  void aPublicationThatLeavesGeneratedColumnsOutIsFound() throws Exception {
    Tried.needs(Tried.version(Version.V18), Version.V18);
    try (Capture capture = capture("leaves")) {
      capture.execute(
          "CREATE TABLE g (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED)",
          "CREATE PUBLICATION leaves FOR TABLE t, g");
      List<Finding> findings = new Doctor(capture.config(), Map.of()).examine();
      assertThat(findings)
          .filteredOn(finding -> finding.check().equals("generated-publication"))
          .singleElement()
          .satisfies(
              finding -> {
                assertThat(finding.what()).contains("public.g").doesNotContain("public.t");
                capture.execute(finding.remedy());
              });
      assertThat(new Doctor(capture.config(), Map.of()).examine())
          .noneMatch(finding -> finding.check().equals("generated-publication"));
    }
  }

  @Test
  void slotsThatCannotBeReadAreRefusedByName() throws Exception {
    try (Capture capture = capture("flags")) {
      capture.execute(
          "SELECT pg_create_logical_replication_slot('flags', 'pgoutput', false, true)");
      assertThat(catchThrowableOfType(TidemarkException.class, capture::open))
          .hasMessageStartingWith("Cannot read from slot flags: it was made with two_phase");
      capture.source.close();
      capture.execute("SELECT pg_drop_replication_slot('flags')");
      try (java.sql.Connection other = capture.connect();
          java.sql.Statement statement = other.createStatement()) {
        statement.execute("SELECT pg_create_logical_replication_slot('flags', 'pgoutput', true)");
        assertThat(catchThrowableOfType(TidemarkException.class, capture::open))
            .hasMessageStartingWith("Cannot read from slot flags: it is temporary");
        capture.source.close();
      }
      capture.open();
      capture.untilMember("t");
    }
  }

  @Test
  void tellsWhenTheSlotHoldsBackMoreThanItsBudget() throws Exception {
    try (Capture capture = capture("budget")) {
      capture.with("wal-budget", "1").open();
      capture.untilMember("t");
      capture.execute("UPDATE t SET v = 'x'");
      capture.until(() -> capture.source.status().overBudget());
      assertThat(capture.source.status().problem().orElse("")).contains("more than wal-budget");
    }
  }

  @Test
  void underRejectAValueThatDoesNotFitIsGivenAsRefused() throws Exception {
    try (Capture capture = capture("reject")) {
      capture.execute(
          "CREATE TABLE n (id int PRIMARY KEY, v numeric(10,2))",
          "INSERT INTO n VALUES (1, 1.5), (2, 'NaN')");
      capture.with("overflow", "reject").open();
      capture.untilMember("t", "n");
      capture.execute("INSERT INTO n VALUES (3, 'NaN')", "UPDATE n SET v = 'NaN' WHERE id = 1");
      capture.execute("INSERT INTO t VALUES (30, 'after')", "DELETE FROM n WHERE id = 2");
      capture.assertEqual("t", "n");
      assertThat(capture.copy.refused)
          .containsExactly("public.n.v = NaN", "public.n.v = NaN", "public.n.v = NaN");
    }
  }
}
