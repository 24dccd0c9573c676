package io.tidemark.postgres.type;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.Vector;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import io.tidemark.postgres.Tried;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random values of the types whose text takes an algorithm, thousands of each at once, against the
 * server's own text.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RandomValuesTest {
  private static final int VALUES = 2_000;

  private EmbeddedPostgres server;
  private Connection connection;

  @BeforeAll
  void start() throws SQLException {
    server = EmbeddedPostgres.start(Tried.version(Version.V18));
    connection = server.connect();
    try (Statement statement = connection.createStatement()) {
      for (String sql : PinnedSettings.statements()) {
        statement.execute(sql);
      }
    }
  }

  @AfterAll
  void stop() throws SQLException {
    connection.close();
    server.close();
  }

  static Stream<Arguments> types() {
    return Stream.of(
        type("float8", RandomValuesTest::float8),
        type("float4", RandomValuesTest::float4),
        type("numeric(18,6)", random -> decimal(random, 12, 6)),
        type("numeric(12,0)", random -> decimal(random, 12, 0)),
        type("numeric(38,19)", random -> decimal(random, 19, 19)),
        type("numeric(19,3)", random -> decimal(random, 16, 3)),
        type("numeric", random -> decimal(random, 1 + random.nextInt(60), random.nextInt(40))),
        type("interval", RandomValuesTest::interval),
        type("timestamp", random -> date(random, 294_000, " " + time(random))),
        type("timestamptz", random -> date(random, 294_000, " " + time(random))),
        type("date", random -> date(random, 5_800_000, "")),
        type("time", RandomValuesTest::time),
        type("inet", RandomValuesTest::inet),
        type("tsquery", random -> query(random, 4)),
        type("numrange", RandomValuesTest::range));
  }

  private static Arguments type(String type, Function<Random, String> values) {
    return Arguments.of(type, values);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("types")
  void comeBackAsTheServerPrintsThem(String type, Function<Random, String> values)
      throws SQLException {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    List<String> given = IntStream.range(0, VALUES).mapToObj(i -> values.apply(random)).toList();
    fill(type, given);
    List<String> expected = new ArrayList<>();
    int oid;
    int typmod;
    try (Statement statement = connection.createStatement()) {
      try (ResultSet row =
          statement.executeQuery(
              "SELECT atttypid, atttypmod FROM pg_attribute"
                  + " WHERE attrelid = 'public.r'::regclass AND attname = 'v'")) {
        row.next();
        oid = row.getInt(1);
        typmod = row.getInt(2);
      }
      try (ResultSet rows =
          statement.executeQuery("SELECT format('%s', v) FROM public.r ORDER BY id")) {
        while (rows.next()) {
          expected.add(rows.getString(1));
        }
      }
    }
    PgTypes known = PgTypes.builtIn();
    DataType held = new TypeMapping(known).dataType(oid, typmod, MisfitPolicy.RAW);
    ColumnCodec codec = new Codecs(known).codec(oid, held, MisfitPolicy.RAW);
    Column column = new Column(1, "v", held, type, oid, typmod, false, false, Optional.empty());
    for (boolean binary : new boolean[] {true, false}) {
      ColumnData out = new ColumnData(Vector.of(held));
      String sql = "SELECT v FROM public.r ORDER BY id";
      if (binary) {
        CopyOut.binary(connection, sql).forEach(v -> codec.binary(v, 0, v.length, out));
      } else {
        CopyOut.text(connection, sql).forEach(v -> codec.text(v, 0, v.length, out));
      }
      PgText printer = PgText.of(known, column);
      List<String> printed =
          IntStream.range(0, VALUES).mapToObj(i -> printer.text(out, i).orElseThrow()).toList();
      assertThat(printed).as("binary %s, seed %s", binary, seed).isEqualTo(expected);
      assertThat(out.hasRaw()).as("seed %s", seed).isFalse();
    }
  }

  private void fill(String type, List<String> values) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS public.r");
      statement.execute("CREATE TABLE public.r (id int, v " + type + ")");
    }
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO public.r SELECT id, v::"
                + type
                + " FROM unnest(?::text[]) WITH ORDINALITY AS a (v, id)")) {
      insert.setArray(1, connection.createArrayOf("text", values.toArray()));
      insert.execute();
    }
  }

  private static String float8(Random random) {
    double value =
        switch (random.nextInt(5)) {
          case 0 -> Double.longBitsToDouble(random.nextLong());
          case 1 -> random.nextInt() / Math.pow(10, random.nextInt(12));
          case 2 -> Math.scalb(1.0, random.nextInt(2000) - 1000);
          case 3 -> random.nextGaussian() * 180;
          default -> random.nextLong();
        };
    return Double.isFinite(value) ? new BigDecimal(value).toString() : "NaN";
  }

  private static String float4(Random random) {
    float value =
        switch (random.nextInt(4)) {
          case 0 -> Float.intBitsToFloat(random.nextInt());
          case 1 -> (float) (random.nextInt(10_000_000) / Math.pow(10, random.nextInt(9)));
          case 2 -> Math.scalb(1f, random.nextInt(250) - 125);
          default -> (float) random.nextGaussian();
        };
    return Float.isFinite(value) ? new BigDecimal(value).toString() : "-Infinity";
  }

  private static String decimal(Random random, int whole, int fraction) {
    int digits = 1 + random.nextInt(whole + fraction);
    BigInteger unscaled = new BigInteger(digits * 3, random).mod(BigInteger.TEN.pow(digits));
    BigInteger rounded =
        random.nextInt(3) == 0
            ? unscaled.multiply(BigInteger.TEN.pow(whole + fraction - digits))
            : unscaled;
    String text = new BigDecimal(rounded, fraction).toPlainString();
    return random.nextBoolean() ? "-" + text : text;
  }

  private static String interval(Random random) {
    return sometimes(random, 100_000)
        + " mons "
        + sometimes(random, 100_000)
        + " days "
        + sometimes(random, 1_000_000_000)
        + " us "
        + sometimes(random, 100_000)
        + " hours";
  }

  private static int sometimes(Random random, int bound) {
    return random.nextInt(3) == 0 ? 0 : random.nextInt(bound) - bound / 2;
  }

  private static String date(Random random, int lastYear, String time) {
    boolean beforeChrist = random.nextInt(4) == 0;
    int year =
        1
            + (beforeChrist || random.nextBoolean()
                ? random.nextInt(4712)
                : random.nextInt(lastYear));
    return "%04d-%02d-%02d%s%s"
        .formatted(
            year, 1 + random.nextInt(12), 1 + random.nextInt(28), time, beforeChrist ? " BC" : "");
  }

  private static String time(Random random) {
    String fraction =
        ".%06d".formatted(random.nextInt(1_000_000)).substring(0, random.nextInt(7) + 1);
    return "%02d:%02d:%02d%s"
        .formatted(
            random.nextInt(24),
            random.nextInt(60),
            random.nextInt(60),
            fraction.length() == 1 ? "" : fraction);
  }

  private static String inet(Random random) {
    if (random.nextInt(4) == 0) {
      return "%d.%d.%d.%d/%d"
          .formatted(
              random.nextInt(256),
              random.nextInt(256),
              random.nextInt(2),
              random.nextInt(256),
              random.nextInt(33));
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      int word = random.nextInt(5);
      text.append(i == 0 ? "" : ":");
      text.append(
          word < 3 ? "0" : word == 3 ? "ffff" : Integer.toHexString(random.nextInt(65_536)));
    }
    return text + (random.nextBoolean() ? "/" + random.nextInt(129) : "");
  }

  private static String query(Random random, int depth) {
    if (depth == 0 || random.nextInt(4) == 0) {
      return "w" + random.nextInt(10) + (random.nextInt(4) == 0 ? ":*AC" : "");
    }
    String left = query(random, depth - 1);
    String right = query(random, depth - 1);
    return switch (random.nextInt(6)) {
      case 0 -> "!(" + left + ")";
      case 1 -> "(" + left + ") | (" + right + ")";
      case 2 -> "(" + left + ") <-> (" + right + ")";
      case 3 -> "(" + left + ") <3> (" + right + ")";
      default -> "(" + left + ") & (" + right + ")";
    };
  }

  private static String range(Random random) {
    BigDecimal low = new BigDecimal(decimal(random, 8, 3));
    BigDecimal high = low.add(BigDecimal.valueOf(random.nextInt(1000)));
    return (random.nextBoolean() ? "[" : "(")
        + (random.nextInt(4) == 0 ? "" : low.toPlainString())
        + ","
        + (random.nextInt(4) == 0 ? "" : high.toPlainString())
        + (random.nextBoolean() ? "]" : ")");
  }
}
