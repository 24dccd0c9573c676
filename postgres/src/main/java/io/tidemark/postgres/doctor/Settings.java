package io.tidemark.postgres.doctor;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Settings of a server that matter to capture, with what is used of its bounded things.
 *
 * @param values by name; numbers in the setting's own unit
 * @param names of settings that tell who runs the server
 * @param roles names of all roles
 */
record Settings(Map<String, String> values, List<String> names, Set<String> roles) {
  private static final String QUERY =
      """
      SELECT name, setting FROM pg_settings
       WHERE name IN ('max_replication_slots', 'max_wal_senders', 'max_slot_wal_keep_size',
                      'idle_in_transaction_session_timeout', 'wal_keep_size')
          OR name LIKE 'aurora\\_%' OR name LIKE 'neon.%' OR name LIKE 'rds.%'
          OR name LIKE 'cloudsql.%' OR name LIKE 'azure.%'
      UNION ALL SELECT 'slots_used', count(*)::text FROM pg_replication_slots
      UNION ALL SELECT 'physical_slots', count(*)::text FROM pg_replication_slots
                 WHERE slot_type = 'physical'
      UNION ALL SELECT 'senders_used', count(*)::text FROM pg_stat_replication
      """;

  static Settings read(Connection connection) throws SQLException {
    Map<String, String> values = new TreeMap<>();
    Set<String> roles = new TreeSet<>();
    try (Statement statement = connection.createStatement()) {
      try (ResultSet rows = statement.executeQuery(QUERY)) {
        while (rows.next()) {
          values.put(rows.getString(1), rows.getString(2));
        }
      }
      try (ResultSet rows = statement.executeQuery("SELECT rolname FROM pg_roles")) {
        while (rows.next()) {
          roles.add(rows.getString(1));
        }
      }
    }
    return new Settings(values, List.copyOf(values.keySet()), roles);
  }

  /** A number, 0 where the server does not have the setting. */
  long number(String name) {
    String value = values.getOrDefault(name, "0");
    return value.matches("-?[0-9]{1,18}") ? Long.parseLong(value) : 0;
  }
}
