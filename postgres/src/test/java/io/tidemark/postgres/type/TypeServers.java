package io.tidemark.postgres.type;

import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import io.tidemark.testkit.type.TypeCase;
import io.tidemark.testkit.type.TypeCases;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One server of each version with a table for each case: {@code t<number>(id, v)}. */
final class TypeServers implements AutoCloseable {
  private final Map<Version, EmbeddedPostgres> servers = new EnumMap<>(Version.class);
  private final Map<Version, Connection> connections = new EnumMap<>(Version.class);

  TypeServers() throws SQLException {
    for (Version version : Version.available()) {
      EmbeddedPostgres server = EmbeddedPostgres.start(version);
      servers.put(version, server);
      Connection connection = server.connect();
      connections.put(version, connection);
      try (Statement statement = connection.createStatement()) {
        for (String sql : TypeCases.SETUP) {
          statement.execute(sql);
        }
        for (int i = 0; i < TypeCases.all().size(); i++) {
          fill(statement, "t" + i, TypeCases.all().get(i), version);
        }
        for (String sql : PinnedSettings.statements()) {
          statement.execute(sql);
        }
      }
    }
  }

  private static void fill(Statement statement, String table, TypeCase type, Version version)
      throws SQLException {
    List<TypeCase.Value> values = values(type, version);
    if (values.isEmpty()) {
      return;
    }
    statement.execute("CREATE TABLE " + table + " (id int, v " + type.type() + ")");
    for (int i = 0; i < values.size(); i++) {
      statement.execute(
          "INSERT INTO " + table + " VALUES (" + i + ", " + values.get(i).sql() + ")");
    }
    statement.execute("INSERT INTO " + table + " VALUES (" + values.size() + ", NULL)");
  }

  /** The values of a case that a version takes, in the order of the table's ids; a null follows. */
  static List<TypeCase.Value> values(TypeCase type, Version version) {
    return type.values(version.major());
  }

  /** A session with the pinned settings; not to be closed. */
  Connection connection(Version version) {
    return connections.get(version);
  }

  /** Type OID and modifier of a case's column. */
  ColumnType column(Version version, int number) throws SQLException {
    try (Statement statement = connection(version).createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT atttypid::bigint, atttypmod, format_type(atttypid, atttypmod)"
                    + " FROM pg_attribute WHERE attrelid = 'public.t"
                    + number
                    + "'::regclass AND attname = 'v'")) {
      row.next();
      return new ColumnType((int) row.getLong(1), row.getInt(2), row.getString(3));
    }
  }

  /** What the server's output function prints of a case's values, in the order of their ids. */
  List<Optional<String>> texts(Version version, int number) throws SQLException {
    return texts(version, number, "id");
  }

  /** The same of the half of the rows that stands at the end of the table. */
  List<Optional<String>> lastTexts(Version version, int number) throws SQLException {
    List<Optional<String>> all = texts(version, number, "ctid");
    return all.subList(all.size() / 2, all.size());
  }

  private List<Optional<String>> texts(Version version, int number, String order)
      throws SQLException {
    try (Statement statement = connection(version).createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT CASE WHEN num_nulls(v) = 0 THEN format('%s', v) END FROM public.t"
                    + number
                    + " ORDER BY "
                    + order)) {
      List<Optional<String>> texts = new ArrayList<>();
      while (rows.next()) {
        texts.add(Optional.ofNullable(rows.getString(1)));
      }
      return texts;
    }
  }

  record ColumnType(int oid, int typmod, String name) {}

  @Override
  public void close() throws SQLException {
    for (Connection connection : connections.values()) {
      connection.close();
    }
    servers.values().forEach(EmbeddedPostgres::close);
  }
}
