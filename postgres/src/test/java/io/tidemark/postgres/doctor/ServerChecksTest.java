package io.tidemark.postgres.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.postgres.catalog.ServerInfo;
import io.tidemark.postgres.doctor.Finding.Severity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Servers that are not at hand, by what they say of themselves. */
class ServerChecksTest {
  private static List<Finding> findings(
      int version, boolean standby, String walLevel, Provider provider) {
    ServerInfo server =
        new ServerInfo(version, "PostgreSQL " + version, "bank", "UTF8", standby, walLevel);
    Settings settings =
        new Settings(
            Map.of("max_replication_slots", "10", "max_wal_senders", "10"), List.of(), Set.of());
    List<Finding> found = new ArrayList<>();
    new ServerChecks(server, settings, provider).examine(found);
    return found;
  }

  @Test
  void aVersionNewerThanWhatWasTriedIsAWarning() {
    assertThat(findings(19, false, "logical", Provider.SELF))
        .anyMatch(
            finding ->
                finding.check().equals("version")
                    && finding.severity() == Severity.WARNING
                    && finding.what().equals("PostgreSQL 19 is newer than what was tried."));
    for (int version = 14; version <= 18; version++) {
      assertThat(findings(version, false, "logical", Provider.SELF))
          .as("version " + version)
          .noneMatch(finding -> finding.severity() != Severity.INFO);
    }
  }

  @Test
  void eachProviderHasItsOwnWayToALogicalLog() {
    Map<Provider, String> ways =
        Map.of(
            Provider.SELF, "ALTER SYSTEM SET wal_level",
            Provider.RDS, "rds.logical_replication = 1 in the parameter group",
            Provider.AURORA, "rds.logical_replication = 1 in the cluster parameter group",
            Provider.CLOUD_SQL, "cloudsql.logical_decoding",
            Provider.AZURE, "wal_level = LOGICAL",
            Provider.SUPABASE, "direct address",
            Provider.NEON, "Logical Replication in the project's settings");
    assertThat(ways).hasSameSizeAs(Provider.values());
    ways.forEach(
        (provider, way) ->
            assertThat(findings(16, false, "replica", provider))
                .filteredOn(finding -> finding.severity() == Severity.BLOCKING)
                .singleElement()
                .satisfies(finding -> assertThat(finding.remedy()).contains(way)));
  }

  @Test
  void aStandbyIsToldWhatItNeeds() {
    assertThat(findings(16, true, "logical", Provider.SELF))
        .anyMatch(
            finding ->
                finding.check().equals("standby")
                    && finding.remedy().contains("pg_log_standby_snapshot()"));
    assertThat(findings(15, true, "logical", Provider.SELF))
        .anyMatch(
            finding ->
                finding.check().equals("standby") && finding.severity() == Severity.BLOCKING);
  }
}
