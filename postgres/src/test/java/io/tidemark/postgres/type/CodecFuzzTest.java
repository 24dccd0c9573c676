package io.tidemark.postgres.type;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.Vector;
import io.tidemark.postgres.type.PgType.Attribute;
import io.tidemark.postgres.type.PgType.Kind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

/**
 * No bytes make a codec throw anything but its own error, and after an error nothing was appended.
 * The seed is part of every failure's message.
 */
class CodecFuzzTest {
  private static final int ROUNDS = 60;
  private static final long LARGEST = 1 << 20;
  private static final int FIRST_OWN = 20_000;

  private final long seed = System.nanoTime();
  private final PgTypes types = types();
  private final Codecs codecs = new Codecs(types);

  @Test
  void survivesBytesWithoutAnyOrder() {
    Random random = new Random(seed);
    forEachCodec(
        (type, held) -> {
          byte[] bytes = new byte[random.nextInt(60)];
          random.nextBytes(bytes);
          return bytes;
        });
  }

  @Test
  void survivesBytesThatLookLikeValues() {
    Random random = new Random(seed);
    forEachCodec((type, held) -> mutated(random, Samples.binary(random, types, type.oid(), 0)));
  }

  @Test
  void survivesTextsThatLookLikeValues() {
    Random random = new Random(seed);
    String[] parts = {
      "{",
      "}",
      "(",
      ")",
      "[",
      "]",
      ",",
      ";",
      "\"",
      "\\",
      "\\x",
      "\\000",
      "NULL",
      "1",
      "-",
      "t",
      ".",
      "2024-01-01",
      " 10:00:00",
      "+00",
      " BC",
      "infinity",
      "NaN",
      "e",
      "9999999999",
      ":",
      "a",
      "ü",
      "24:00:00",
      "00000000-0000-0000-0000-000000000000",
      "{1,2}",
      "(1,a)",
      "[0:1]={1,2}",
      "0"
    };
    forEachCodec(
        (type, held) -> {
          StringBuilder text = new StringBuilder();
          for (int i = random.nextInt(6); i >= 0; i--) {
            text.append(parts[random.nextInt(parts.length)]);
          }
          byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
          return random.nextInt(4) == 0 ? mutated(random, bytes) : bytes;
        });
  }

  private void forEachCodec(BiFunction<PgType, DataType, byte[]> input) {
    for (PgType type : everyType()) {
      for (MisfitPolicy policy : MisfitPolicy.values()) {
        DataType held = new TypeMapping(types).dataType(type.oid(), typmod(type), policy);
        ColumnCodec codec = codecs.codec(type.oid(), held, policy);
        ColumnData out = new ColumnData(Vector.of(held));
        for (int i = 0; i < ROUNDS; i++) {
          out = out.bytes() > LARGEST ? new ColumnData(Vector.of(held)) : out;
          feed(type, codec, input.apply(type, held), out);
        }
      }
    }
  }

  private void feed(PgType type, ColumnCodec codec, byte[] bytes, ColumnData out) {
    for (boolean binary : new boolean[] {true, false}) {
      int before = out.vector().size();
      try {
        if (binary) {
          codec.binary(bytes, 0, bytes.length, out);
        } else {
          codec.text(bytes, 0, bytes.length, out);
        }
        assertThat(out.vector().size()).isEqualTo(before + 1);
      } catch (MalformedValueException expected) {
        assertThat(out.vector().size()).as("%s, seed %s", type.name(), seed).isEqualTo(before);
      } catch (RuntimeException | StackOverflowError e) {
        fail("%s, binary %s, seed %s, bytes %s".formatted(type, binary, seed, hex(bytes)), e);
      }
    }
  }

  private static String hex(byte[] bytes) {
    return java.util.HexFormat.of().formatHex(bytes);
  }

  private static byte[] mutated(Random random, byte[] value) {
    byte[] bytes =
        random.nextInt(3) == 0 ? java.util.Arrays.copyOf(value, length(random, value)) : value;
    for (int i = random.nextInt(4); i > 0 && bytes.length > 0; i--) {
      int at = random.nextInt(bytes.length);
      bytes[at] =
          switch (random.nextInt(4)) {
            case 0 -> (byte) random.nextInt();
            case 1 -> (byte) 0xFF;
            case 2 -> 0x7F;
            default -> (byte) (bytes[at] + random.nextInt(3) - 1);
          };
    }
    return bytes;
  }

  private static int length(Random random, byte[] value) {
    return random.nextInt(value.length + 4);
  }

  private static int typmod(PgType type) {
    return type.name().endsWith("numeric") ? (14 << 16 | 3) + 4 : -1;
  }

  private List<PgType> everyType() {
    List<PgType> all = new ArrayList<>(BuiltInTypes.all());
    all.addAll(types.own());
    return all;
  }

  /** The built-in types and one of each made kind, composites and arrays inside each other. */
  private static PgTypes types() {
    List<PgType> own = new ArrayList<>();
    own.add(own(0, "pair", Kind.COMPOSITE, 0, "record_send", 23, 25, 1700));
    own.add(own(1, "pairs", Kind.ARRAY, FIRST_OWN, "array_send"));
    own.add(own(2, "nested", Kind.COMPOSITE, 0, "record_send", FIRST_OWN, FIRST_OWN + 1, 1184));
    own.add(own(3, "boxes", Kind.DOMAIN, 1020, "array_send"));
    own.add(own(4, "mood", Kind.ENUM, 0, "enum_send"));
    own.add(own(5, "pairrange", Kind.RANGE, FIRST_OWN, "range_send"));
    own.add(own(6, "pairmultirange", Kind.MULTIRANGE, FIRST_OWN + 5, "multirange_send"));
    own.add(own(7, "hstore", Kind.BASE, 0, "public.hstore_send"));
    own.add(own(8, "hstores", Kind.ARRAY, FIRST_OWN + 7, "array_send"));
    own.add(own(9, "stranger", Kind.BASE, 0, "public.stranger_send"));
    return PgTypes.builtIn().with(own);
  }

  private static PgType own(
      int number, String name, Kind kind, int element, String send, int... attributes) {
    List<Attribute> list = new ArrayList<>();
    for (int oid : attributes) {
      list.add(new Attribute(list.size() + 1, "f" + list.size(), oid, -1));
    }
    return new PgType(
        FIRST_OWN + number, "public", name, kind, element, -1, ',', send, list, List.of());
  }
}
