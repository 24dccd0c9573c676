package io.tidemark.postgres.doctor;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Who runs the server, and how logical replication is switched on there. */
public enum Provider {
  /** Amazon Aurora for PostgreSQL. */
  AURORA(
      "Amazon Aurora",
      "set rds.logical_replication = 1 in the cluster parameter group and restart the writer",
      "GRANT rds_replication TO %s"),
  /** Amazon RDS for PostgreSQL. */
  RDS(
      "Amazon RDS",
      "set rds.logical_replication = 1 in the parameter group and restart the instance",
      "GRANT rds_replication TO %s"),
  /** Google Cloud SQL for PostgreSQL. */
  CLOUD_SQL(
      "Google Cloud SQL",
      "set the flag cloudsql.logical_decoding = on (the instance restarts)",
      "ALTER ROLE %s REPLICATION"),
  /** Azure Database for PostgreSQL. */
  AZURE(
      "Azure Database for PostgreSQL",
      "set the server parameter wal_level = LOGICAL and restart the server",
      "ALTER ROLE %s REPLICATION"),
  /** Supabase. */
  SUPABASE(
      "Supabase",
      "wal_level is logical there already; connect to the database's direct address"
          + " (db.<project>.supabase.co:5432), not to the pooler",
      "ALTER ROLE %s REPLICATION"),
  /** Neon. */
  NEON(
      "Neon",
      "switch on Logical Replication in the project's settings, and connect to the address without"
          + " -pooler",
      "create the role in the console: such roles may replicate"),
  /** Nobody that is known here. */
  SELF(
      "self-managed PostgreSQL",
      "ALTER SYSTEM SET wal_level = 'logical'; and restart the server",
      "ALTER ROLE %s REPLICATION");

  private final String title;
  private final String walLevel;
  private final String replicationRight;

  Provider(String title, String walLevel, String replicationRight) {
    this.title = title;
    this.walLevel = walLevel;
    this.replicationRight = replicationRight;
  }

  /** Its name as users know it. */
  public String title() {
    return title;
  }

  /** How wal_level becomes logical. */
  public String walLevelRemedy() {
    return walLevel;
  }

  /** How a role gets the right to replicate. */
  public String replicationRemedy(String quotedRole) {
    return replicationRight.formatted(quotedRole);
  }

  /**
   * Recognises a provider.
   *
   * @param host name that was connected to
   * @param version the whole of {@code version()}
   * @param roles names of the server's roles
   * @param settings names of the server's settings
   */
  public static Provider recognise(
      String host, String version, Set<String> roles, List<String> settings) {
    String name = host.toLowerCase(Locale.ROOT);
    if (settings.stream().anyMatch(setting -> setting.startsWith("aurora_"))
        || name.contains(".cluster-") && name.endsWith(".rds.amazonaws.com")) {
      return AURORA;
    }
    if (roles.contains("rdsadmin")
        || roles.contains("rds_superuser")
        || name.endsWith(".rds.amazonaws.com")) {
      return RDS;
    }
    if (roles.contains("cloudsqladmin") || roles.contains("cloudsqlsuperuser")) {
      return CLOUD_SQL;
    }
    if (roles.contains("azuresu")
        || roles.contains("azure_pg_admin")
        || name.endsWith(".postgres.database.azure.com")) {
      return AZURE;
    }
    if (roles.contains("supabase_admin")
        || name.endsWith(".supabase.co")
        || name.endsWith(".supabase.com")) {
      return SUPABASE;
    }
    if (roles.contains("neon_superuser")
        || name.endsWith(".neon.tech")
        || settings.stream().anyMatch(setting -> setting.startsWith("neon."))) {
      return NEON;
    }
    return SELF;
  }
}
