package io.tidemark.postgres.type;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.Vector;
import io.tidemark.embedded.Version;
import io.tidemark.testkit.type.TypeCase;
import io.tidemark.testkit.type.TypeCases;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every type and odd value from real servers, in binary and in text, through the codec and back to
 * text: equal to what the server itself prints.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TypeRoundTripTest {
  private TypeServers servers;

  @BeforeAll
  void start() throws SQLException {
    servers = new TypeServers();
  }

  @AfterAll
  void stop() throws SQLException {
    servers.close();
  }

  static Stream<Arguments> cases() {
    List<TypeCase> all = TypeCases.all();
    return Version.available().stream()
        .flatMap(
            version ->
                IntStream.range(0, all.size())
                    .filter(i -> !TypeServers.values(all.get(i), version).isEmpty())
                    .mapToObj(i -> Arguments.of(version, all.get(i), i)));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("cases")
  void everyValueComesBackAsTheServerPrintsIt(Version version, TypeCase type, int number)
      throws SQLException {
    Connection connection = servers.connection(version);
    TypeServers.ColumnType column = servers.column(version, number);
    PgTypes types = PgTypes.load(connection, List.of(column.oid()));
    List<Optional<String>> expected = servers.texts(version, number);
    List<Boolean> fits =
        TypeServers.values(type, version).stream().map(TypeCase.Value::fits).toList();

    for (MisfitPolicy policy : List.of(MisfitPolicy.RAW, MisfitPolicy.TEXT)) {
      DataType held = new TypeMapping(types).dataType(column.oid(), column.typmod(), policy);
      ColumnCodec codec = new Codecs(types).codec(column.oid(), held, policy);
      PgText printer = PgText.of(types, column(column, held));

      ColumnData copied = new ColumnData(Vector.of(held));
      boolean binary = types.copiesInBinary(column.oid());
      decode(CopyOut.binary(connection, query(types, column, number)), binary, codec, copied);
      assertThat(texts(printer, copied)).as("binary, %s", policy).isEqualTo(expected);

      ColumnData read = new ColumnData(Vector.of(held));
      decode(CopyOut.text(connection, query(number, "v")), false, codec, read);
      assertThat(texts(printer, read)).as("text, %s", policy).isEqualTo(expected);

      for (int i = 0; i < fits.size(); i++) {
        boolean kept = policy == MisfitPolicy.TEXT || fits.get(i);
        assertThat(copied.raw(i) == null).as("binary value %s fits", i).isEqualTo(kept);
        assertThat(read.raw(i) == null).as("text value %s fits", i).isEqualTo(kept);
      }
    }
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("cases")
  void aMisfitIsMarkedAsRefusedByPolicy(Version version, TypeCase type, int number)
      throws SQLException {
    Connection connection = servers.connection(version);
    TypeServers.ColumnType column = servers.column(version, number);
    PgTypes types = PgTypes.load(connection, List.of(column.oid()));
    DataType held =
        new TypeMapping(types).dataType(column.oid(), column.typmod(), MisfitPolicy.REJECT);
    ColumnCodec codec = new Codecs(types).codec(column.oid(), held, MisfitPolicy.REJECT);
    List<byte[]> binary = CopyOut.binary(connection, query(types, column, number));
    List<byte[]> text = CopyOut.text(connection, query(number, "v"));

    List<TypeCase.Value> values = TypeServers.values(type, version);
    for (int i = 0; i < values.size(); i++) {
      ColumnData out = new ColumnData(Vector.of(held));
      byte[] copied = binary.get(i);
      byte[] read = text.get(i);
      if (values.get(i).fits()) {
        decode(List.of(copied), types.copiesInBinary(column.oid()), codec, out);
        codec.text(read, 0, read.length, out);
        assertThat(out.hasRefused()).isFalse();
      } else {
        decode(List.of(copied), types.copiesInBinary(column.oid()), codec, out);
        codec.text(read, 0, read.length, out);
        String exact = new String(read, java.nio.charset.StandardCharsets.UTF_8);
        for (int row = 0; row < 2; row++) {
          assertThat(out.isRefused(row)).isTrue();
          assertThat(out.raw(row)).isEqualTo(exact);
        }
      }
      assertThat(out.vector().size()).isEqualTo(2);
    }
  }

  @Test
  void theReferencePageIsCurrent() throws SQLException, IOException {
    TypePage page = new TypePage();
    for (int i = 0; i < TypeCases.all().size(); i++) {
      TypeServers.ColumnType column = servers.column(Version.V18, i);
      PgTypes types = PgTypes.load(servers.connection(Version.V18), List.of(column.oid()));
      DataType held =
          new TypeMapping(types).dataType(column.oid(), column.typmod(), MisfitPolicy.RAW);
      page.row(TypeCases.all().get(i), held, types, column.oid());
    }
    Path file = Path.of("..", "docs", "reference", "types.md");
    if (System.getProperty("types.page", "").equals("write")) {
      Files.createDirectories(file.getParent());
      Files.writeString(file, page.text());
    } else {
      assertThat(Files.readString(file))
          .as("docs/reference/types.md is stale; its first lines say how to write it again")
          .isEqualTo(page.text());
    }
  }

  private static String query(PgTypes types, TypeServers.ColumnType column, int number) {
    return query(number, types.copyExpression(column.oid(), "v"));
  }

  private static String query(int number, String expression) {
    return "SELECT " + expression + " FROM public.t" + number + " ORDER BY id";
  }

  private static Column column(TypeServers.ColumnType column, DataType held) {
    return new Column(
        1, "v", held, column.name(), column.oid(), column.typmod(), false, false, Optional.empty());
  }

  private static void decode(
      List<byte[]> values, boolean binary, ColumnCodec codec, ColumnData out) {
    for (byte[] value : values) {
      if (value == null) {
        out.vector().addNull();
      } else if (binary) {
        codec.binary(shifted(value), 3, value.length, out);
      } else {
        codec.text(shifted(value), 3, value.length, out);
      }
    }
  }

  /** Values stand in the middle of a buffer, never at its start. */
  private static byte[] shifted(byte[] value) {
    byte[] buffer = new byte[value.length + 5];
    System.arraycopy(value, 0, buffer, 3, value.length);
    return buffer;
  }

  private static List<Optional<String>> texts(PgText printer, ColumnData data) {
    List<Optional<String>> texts = new ArrayList<>();
    for (int i = 0; i < data.vector().size(); i++) {
      texts.add(printer.text(data, i));
    }
    return texts;
  }
}
