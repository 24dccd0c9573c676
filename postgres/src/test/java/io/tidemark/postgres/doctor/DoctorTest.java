package io.tidemark.postgres.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.config.Settings;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import io.tidemark.postgres.PostgresConfig;
import io.tidemark.postgres.Tried;
import io.tidemark.postgres.doctor.Finding.Severity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class DoctorTest {
  private static EmbeddedPostgres server;

  @BeforeAll
  static void start() throws Exception {
    server = EmbeddedPostgres.start(Tried.version(Version.V15));
    server.execute(
        "CREATE DATABASE sick",
        "CREATE DATABASE ascii ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0",
        "CREATE ROLE weak LOGIN PASSWORD 'weak'");
    server.executeIn(
        "sick",
        "CREATE TABLE good (id int PRIMARY KEY)",
        "CREATE TABLE plain (a int)",
        "CREATE UNLOGGED TABLE fleeting (a int PRIMARY KEY)",
        "CREATE TABLE gen (id int PRIMARY KEY, g int GENERATED ALWAYS AS (id) STORED)",
        "CREATE TABLE secret (id int PRIMARY KEY)",
        "ALTER TABLE secret ENABLE ROW LEVEL SECURITY",
        "GRANT SELECT ON good, secret TO weak");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static PostgresConfig config(String database, String... more) {
    List<String> problems = new ArrayList<>();
    Map<String, Object> options = new TreeMap<>(Map.of("url", server.uri(database)));
    for (int i = 0; i < more.length; i += 2) {
      options.put(more[i], more[i + 1]);
    }
    PostgresConfig config =
        PostgresConfig.from(
            Settings.read(PostgresConfig.SPEC, options, "source", problems), Map.of(), problems);
    assertThat(problems).isEmpty();
    return config;
  }

  private static List<Finding> examine(String database, String... more) {
    return new Doctor(config(database, more), Map.of()).examine();
  }

  private static Finding only(List<Finding> findings, String check) {
    List<Finding> found = findings.stream().filter(f -> f.check().equals(check)).toList();
    assertThat(found).as(check + " in " + findings).hasSize(1);
    return found.get(0);
  }

  @Test
  void namesWhatIsNotCapturedWhole() {
    List<Finding> findings = examine("sick");
    assertThat(findings).noneMatch(finding -> finding.severity() == Severity.BLOCKING);
    assertThat(only(findings, "identity").remedy())
        .isEqualTo("ALTER TABLE \"public\".\"plain\" REPLICA IDENTITY FULL;");
    assertThat(only(findings, "unlogged").remedy())
        .isEqualTo("ALTER TABLE \"public\".\"fleeting\" SET LOGGED;");
    assertThat(only(findings, "generated").what()).contains("public.gen");
    assertThat(only(findings, "exact-ddl").remedy()).contains("CREATE EVENT TRIGGER tidemark_ddl");
  }

  @Test
  void printsTheSqlForEveryRightThatIsMissing() {
    List<Finding> findings = examine("sick", "user", "weak", "password", "weak");
    assertThat(only(findings, "role").remedy()).isEqualTo("ALTER ROLE weak REPLICATION;");
    assertThat(only(findings, "select").remedy())
        .contains("GRANT SELECT ON \"public\".\"plain\" TO weak;");
    assertThat(only(findings, "row-security").remedy()).isEqualTo("ALTER ROLE weak BYPASSRLS;");
    assertThat(only(findings, "publication").remedy())
        .contains("CREATE PUBLICATION \"tidemark\" FOR TABLE")
        .contains("CREATE PUBLICATION \"tidemark_inserts\" FOR TABLE ONLY \"public\".\"plain\"");
    assertThat(findings.get(0).severity()).isEqualTo(Severity.BLOCKING);
  }

  @Test
  void saysWhenTextIsNotChecked() {
    assertThat(only(examine("ascii"), "encoding").severity()).isEqualTo(Severity.WARNING);
  }

  @Test
  void saysWhyItCannotConnect() {
    assertThat(only(examine("nowhere"), "connection").what())
        .contains("there is no database 'nowhere'");
    assertThat(only(examine("sick", "password", "wrong"), "connection").what())
        .contains("the password was refused");
    assertThat(only(examine("sick", "port", "1"), "connection").what())
        .contains("nothing listens there");
    assertThat(only(examine("sick", "host", "no-such-host.invalid"), "connection").what())
        .contains("is not known");
    assertThat(only(examine("sick", "sslmode", "require"), "connection").what()).contains("SSL");
  }

  @Test
  void dropsNothingThatIsStillRead() throws Exception {
    PostgresConfig config = config("sick", "slot", "busy");
    server.executeIn(
        "sick",
        "SELECT pg_create_logical_replication_slot('busy', 'pgoutput')",
        "CREATE PUBLICATION busy");
    PostgresAdmin admin = new PostgresAdmin(config, Map.of());
    assertThat(admin.slot().slot()).isPresent();
    assertThat(admin.tables()).extracting(table -> table.name().table()).contains("good", "plain");
    assertThat(admin.drop().dropped()).containsExactly("slot busy", "publication busy");
    assertThat(admin.slot().slot()).isEmpty();
    assertThatThrownBy(() -> new PostgresAdmin(config("sick", "port", "1"), Map.of()).slot())
        .hasMessageStartingWith("Cannot connect to postgres@127.0.0.1:1/sick");
  }

  @Test
  void looksAtWhatTheCopyReads() throws Exception {
    server.execute("CREATE DATABASE parts", "CREATE ROLE \"odd-role\" LOGIN PASSWORD 'odd'");
    server.executeIn(
        "parts",
        "CREATE TABLE r (id int PRIMARY KEY) PARTITION BY RANGE (id)",
        "CREATE TABLE r1 PARTITION OF r FOR VALUES FROM (0) TO (10)",
        "GRANT SELECT ON r TO \"odd-role\"",
        "CREATE TABLE mine (id int PRIMARY KEY)",
        "ALTER TABLE mine ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE mine OWNER TO \"odd-role\"");
    List<Finding> findings = examine("parts", "user", "odd-role", "password", "odd");
    // the root may be read, and is not what is read
    assertThat(only(findings, "select").remedy())
        .contains("GRANT SELECT ON \"public\".\"r1\" TO \"odd-role\";");
    // no policy binds a table's owner
    assertThat(findings).noneMatch(finding -> finding.check().equals("row-security"));
    assertThat(only(findings, "replication").remedy())
        .isEqualTo("ALTER ROLE \"odd-role\" REPLICATION;");
  }

  @Test
  void saysWhatPublicationsOfOthersLack() throws Exception {
    server.execute("CREATE DATABASE others");
    server.executeIn(
        "others", "CREATE TABLE a (id int PRIMARY KEY)", "CREATE TABLE b (id int PRIMARY KEY)");
    assertThat(only(examine("others", "publication.mode", "existing"), "publication").severity())
        .isEqualTo(Severity.BLOCKING);
    server.executeIn("others", "CREATE PUBLICATION tidemark FOR TABLE a");
    assertThat(only(examine("others", "publication.mode", "existing"), "publication"))
        .satisfies(
            finding -> {
              assertThat(finding.what()).contains("public.b").doesNotContain("public.a");
              assertThat(finding.remedy()).contains("ADD TABLE \"public\".\"b\"");
            });
    // who owns publication and table adds it by itself
    assertThat(examine("others")).noneMatch(finding -> finding.check().equals("publication"));
  }

  @Test
  void neitherUsesNorDropsASlotOfOthers() throws Exception {
    server.execute("SELECT pg_create_physical_replication_slot('standby_of_others')");
    PostgresConfig config = config("sick", "slot", "standby_of_others");
    assertThat(only(new Doctor(config, Map.of()).examine(), "slot").severity())
        .isEqualTo(Severity.BLOCKING);
    assertThatThrownBy(() -> new PostgresAdmin(config, Map.of()).drop())
        .hasMessageStartingWith("Cannot drop slot standby_of_others: ");
    assertThat(new PostgresAdmin(config, Map.of()).slot().slot()).isPresent();
  }

  @Test
  void saysWhereATriggerIsNotWhole() throws Exception {
    server.execute("CREATE DATABASE halves");
    server.executeIn("halves", EventTrigger.sql(), "ALTER EVENT TRIGGER tidemark_drop DISABLE");
    assertThat(only(examine("halves"), "exact-ddl").remedy()).isEqualTo(EventTrigger.sql());
    server.executeIn("halves", "ALTER EVENT TRIGGER tidemark_drop ENABLE ALWAYS");
    assertThat(examine("halves")).noneMatch(finding -> finding.check().equals("exact-ddl"));
  }

  @Test
  void recognisesWhoRunsTheServer() {
    assertThat(provider("db.abc.eu-west-1.rds.amazonaws.com", Set.of("rdsadmin")))
        .isEqualTo(Provider.RDS);
    assertThat(provider("x.cluster-abc.eu-west-1.rds.amazonaws.com", Set.of("rdsadmin")))
        .isEqualTo(Provider.AURORA);
    assertThat(provider("10.0.0.1", Set.of("cloudsqladmin"))).isEqualTo(Provider.CLOUD_SQL);
    assertThat(provider("a.postgres.database.azure.com", Set.of())).isEqualTo(Provider.AZURE);
    assertThat(provider("db.ref.supabase.co", Set.of())).isEqualTo(Provider.SUPABASE);
    assertThat(provider("ep-x.eu-central-1.aws.neon.tech", Set.of())).isEqualTo(Provider.NEON);
    assertThat(provider("localhost", Set.of("postgres"))).isEqualTo(Provider.SELF);
  }

  private static Provider provider(String host, Set<String> roles) {
    return Provider.recognise(host, "PostgreSQL 16", roles, List.of());
  }
}
