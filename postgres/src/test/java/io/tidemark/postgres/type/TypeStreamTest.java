package io.tidemark.postgres.type;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.Vector;
import io.tidemark.embedded.Version;
import io.tidemark.testkit.type.TypeCases;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every type and odd value through pgoutput: in binary where it may, in text always. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TypeStreamTest {
  private TypeServers servers;

  @BeforeAll
  void start() throws SQLException {
    servers = new TypeServers();
    for (Version version : Version.available()) {
      execute(
          version,
          "SELECT pg_create_logical_replication_slot('types', 'pgoutput')",
          "CREATE PUBLICATION every_table FOR ALL TABLES",
          "CREATE PUBLICATION binary_tables FOR TABLE " + String.join(", ", binaryTables(version)));
      for (String table : tables(version).keySet()) {
        execute(
            version,
            "INSERT INTO public." + table + " SELECT * FROM public." + table + " ORDER BY id");
      }
    }
  }

  @AfterAll
  void stop() throws SQLException {
    servers.close();
  }

  @ParameterizedTest
  @MethodSource("io.tidemark.embedded.Version#available")
  void everyValueComesInTextAsTheServerPrintsIt(Version version) throws SQLException {
    Map<String, List<PgOutput.Value>> rows = stream(version, "every_table", false);
    assertThat(rows.keySet()).isEqualTo(tables(version).keySet());
    compare(version, rows);
  }

  @ParameterizedTest
  @MethodSource("io.tidemark.embedded.Version#available")
  void everyTypeThatMayComesInBinary(Version version) throws SQLException {
    Map<String, List<PgOutput.Value>> rows = stream(version, "binary_tables", true);
    assertThat(rows).hasSizeGreaterThan(90);
    assertThat(rows.get("t2").get(0).kind()).isEqualTo('b');
    compare(version, rows);
  }

  @ParameterizedTest
  @MethodSource("io.tidemark.embedded.Version#available")
  void aTypeWithoutSendFunctionInsideOfAnotherStopsABinaryStreamForEver(Version version) {
    assertThatThrownBy(() -> stream(version, "every_table", true))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("no binary output function available for type");
  }

  private void compare(Version version, Map<String, List<PgOutput.Value>> rows)
      throws SQLException {
    Map<String, Integer> numbers = tables(version);
    for (Map.Entry<String, List<PgOutput.Value>> table : rows.entrySet()) {
      int number = numbers.get(table.getKey());
      TypeServers.ColumnType type = servers.column(version, number);
      PgTypes types = PgTypes.load(servers.connection(version), List.of(type.oid()));
      DataType held = new TypeMapping(types).dataType(type.oid(), type.typmod(), MisfitPolicy.RAW);
      ColumnCodec codec = new Codecs(types).codec(type.oid(), held, MisfitPolicy.RAW);
      ColumnData out = new ColumnData(Vector.of(held));
      for (PgOutput.Value value : table.getValue()) {
        switch (value.kind()) {
          case 'n' -> out.vector().addNull();
          case 'b' -> codec.binary(value.bytes(), 0, value.bytes().length, out);
          default -> codec.text(value.bytes(), 0, value.bytes().length, out);
        }
      }
      PgText printer = PgText.of(types, column(type, held));
      List<Optional<String>> printed = new ArrayList<>();
      for (int i = 0; i < out.vector().size(); i++) {
        printed.add(printer.text(out, i));
      }
      assertThat(printed).as(type.name()).isEqualTo(servers.lastTexts(version, number));
    }
  }

  private static Column column(TypeServers.ColumnType type, DataType held) {
    return new Column(
        1, "v", held, type.name(), type.oid(), type.typmod(), false, false, Optional.empty());
  }

  private Map<String, List<PgOutput.Value>> stream(
      Version version, String publication, boolean binary) throws SQLException {
    PgOutput output = new PgOutput();
    try (Statement statement = servers.connection(version).createStatement();
        ResultSet messages =
            statement.executeQuery(
                "SELECT data FROM pg_logical_slot_peek_binary_changes('types', NULL, NULL,"
                    + " 'proto_version', '2', 'publication_names', '"
                    + publication
                    + "', 'binary', '"
                    + binary
                    + "')")) {
      while (messages.next()) {
        output.read(messages.getBytes(1));
      }
    }
    return output.rows();
  }

  /** Tables with the number of their case. */
  private static Map<String, Integer> tables(Version version) {
    Map<String, Integer> tables = new LinkedHashMap<>();
    for (int i = 0; i < TypeCases.all().size(); i++) {
      if (!TypeServers.values(TypeCases.all().get(i), version).isEmpty()) {
        tables.put("t" + i, i);
      }
    }
    return tables;
  }

  private List<String> binaryTables(Version version) throws SQLException {
    Connection connection = servers.connection(version);
    List<String> binary = new ArrayList<>();
    for (Map.Entry<String, Integer> table : tables(version).entrySet()) {
      int oid = servers.column(version, table.getValue()).oid();
      if (PgTypes.load(connection, List.of(oid)).streamsInBinary(oid)) {
        binary.add("public." + table.getKey());
      }
    }
    return binary;
  }

  private void execute(Version version, String... statements) throws SQLException {
    try (Statement statement = servers.connection(version).createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }
}
