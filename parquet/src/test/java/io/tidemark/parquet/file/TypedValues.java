package io.tidemark.parquet.file;

import static io.tidemark.parquet.TestTables.column;

import io.tidemark.api.model.BooleanVector;
import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.DoubleVector;
import io.tidemark.api.model.FloatVector;
import io.tidemark.api.model.IntVector;
import io.tidemark.api.model.ListVector;
import io.tidemark.api.model.LongVector;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.StructVector;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import io.tidemark.api.model.Vector;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/** A table with a column of every type, random values for it, and how DuckDB must show them. */
final class TypedValues {
  private static final DataType LIST = new DataType.ListOf(new DataType.Int(64));
  private static final DataType STRUCT =
      new DataType.Struct(
          List.of(
              new DataType.Field("a", new DataType.Int(32)),
              new DataType.Field("b", new DataType.Text())));
  private static final DataType DEEP =
      new DataType.ListOf(
          new DataType.Struct(
              List.of(
                  new DataType.Field("k", new DataType.Int(64)),
                  new DataType.Field("l", new DataType.ListOf(new DataType.Bool())))));

  private record Typed(Column column, String select) {}

  private static final List<Typed> COLUMNS =
      List.of(
          typed(1, "b", new DataType.Bool(), "b"),
          typed(2, "i2", new DataType.Int(16), "i2"),
          typed(3, "i4", new DataType.Int(32), "i4"),
          typed(4, "i8", new DataType.Int(64), "i8"),
          typed(5, "f4", new DataType.Float(32), "f4"),
          typed(6, "f8", new DataType.Float(64), "f8"),
          typed(7, "d9", new DataType.Decimal(9, 3), "d9::varchar"),
          typed(8, "d18", new DataType.Decimal(18, 0), "d18::varchar"),
          typed(9, "d38", new DataType.Decimal(38, 10), "d38::varchar"),
          typed(11, "t", new DataType.Text(), "t"),
          typed(12, "few", new DataType.Text(), "few"),
          typed(13, "j", new DataType.Json(), "j::varchar"),
          typed(14, "by", new DataType.Bytes(), "hex(\"by\")"),
          typed(15, "u", new DataType.Uuid(), "u"),
          typed(16, "da", new DataType.Date(), "date_diff('day', DATE '1970-01-01', da)"),
          typed(17, "ti", new DataType.Time(), "epoch_us(ti)"),
          typed(18, "ts", new DataType.Timestamp(false), "epoch_us(ts)"),
          typed(19, "tz", new DataType.Timestamp(true), "epoch_us(tz)"),
          typed(20, "li", LIST, "li"),
          typed(21, "st", STRUCT, "st"),
          typed(22, "de", DEEP, "to_json(de)::varchar"),
          typed(23, "one", new DataType.Int(64), "one"),
          typed(24, "far", new DataType.Int(64), "far"));

  private static Typed typed(int attnum, String name, DataType type, String select) {
    return new Typed(column(attnum, name, type, name), select);
  }

  private final Random random;

  TypedValues(Random random) {
    this.random = random;
  }

  static TableSchema schema() {
    return new TableSchema(
        new TableName("s", "typed"),
        9,
        2,
        COLUMNS.stream().map(Typed::column).toList(),
        List.of(4),
        ReplicaIdentity.DEFAULT,
        false);
  }

  static String select() {
    return String.join(", ", COLUMNS.stream().map(Typed::select).toList());
  }

  /** Appends a row and tells how it must be read. */
  List<String> addRow(ChangeBatch batch, int seq) {
    batch.addRow(Op.CREATE, 1, seq, 1, 0);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < COLUMNS.size(); i++) {
      Vector vector = batch.columns().get(i).vector();
      if (random.nextInt(i % 3 == 0 ? 40 : 4) == 0) {
        vector.addNull();
        texts.add(null);
      } else {
        texts.add(add(COLUMNS.get(i).column(), vector));
      }
    }
    return texts;
  }

  private String add(Column column, Vector vector) {
    return switch (column.name()) {
      case "b" -> bool(vector);
      case "i2" -> integer(vector, (short) random.nextInt());
      case "i4" -> integer(vector, random.nextInt(8) == 0 ? edge() : random.nextInt());
      case "i8" -> number(vector, random.nextInt(8) == 0 ? Long.MIN_VALUE : random.nextLong());
      case "f4" -> real((FloatVector) vector);
      case "f8" -> real((DoubleVector) vector);
      case "d9" -> decimal(vector, random.nextInt(1_999_999_999) - 999_999_999, 3);
      case "d18" -> decimal(vector, random.nextLong() % 1_000_000_000_000_000_000L, 0);
      case "d38" -> bigDecimal((BytesVector) vector);
      case "t" -> text(vector, randomText());
      case "few" -> text(vector, new String[] {"COMPLETED", "REFUSED", ""}[random.nextInt(3)]);
      case "j" -> text(vector, "{\"n\": " + random.nextInt(50) + "}");
      case "by" -> bytes((BytesVector) vector);
      case "u" -> uuid((BytesVector) vector);
      case "da" -> integer(vector, random.nextInt(4_000_000) - 1_000_000);
      case "ti" -> number(vector, random.nextLong(86_400_000_000L));
      case "ts", "tz" ->
          number(vector, random.nextLong(4_000_000_000_000_000L) - 2_000_000_000_000_000L);
      case "li" -> list((ListVector) vector);
      case "st" -> struct((StructVector) vector);
      case "de" -> deep((ListVector) vector);
      case "one" -> number(vector, 42);
      default -> number(vector, random.nextInt(5) * 1_000_000_007_000L);
    };
  }

  private int edge() {
    return random.nextBoolean() ? Integer.MIN_VALUE : Integer.MAX_VALUE;
  }

  private String bool(Vector vector) {
    boolean value = random.nextBoolean();
    ((BooleanVector) vector).add(value);
    return Boolean.toString(value);
  }

  private static String integer(Vector vector, int value) {
    ((IntVector) vector).add(value);
    return Integer.toString(value);
  }

  private static String number(Vector vector, long value) {
    ((LongVector) vector).add(value);
    return Long.toString(value);
  }

  private String real(FloatVector vector) {
    float value =
        random.nextInt(5) == 0
            ? new float[] {Float.NaN, Float.POSITIVE_INFINITY, -0.0f}[random.nextInt(3)]
            : random.nextInt(1000) / 8f;
    vector.add(value);
    return Float.toString(value);
  }

  private String real(DoubleVector vector) {
    double value =
        random.nextInt(5) == 0
            ? new double[] {Double.NaN, Double.NEGATIVE_INFINITY, -0.0}[random.nextInt(3)]
            : random.nextInt() / 1024.0;
    vector.add(value);
    return Double.toString(value);
  }

  private static String decimal(Vector vector, long unscaled, int scale) {
    ((LongVector) vector).add(unscaled);
    return java.math.BigDecimal.valueOf(unscaled, scale).toPlainString();
  }

  private String bigDecimal(BytesVector vector) {
    BigInteger unscaled =
        new BigInteger(random.nextInt(126), random)
            .multiply(BigInteger.valueOf(random.nextBoolean() ? 1 : -1));
    byte[] bytes = new byte[16];
    byte[] shortest = unscaled.toByteArray();
    java.util.Arrays.fill(bytes, (byte) (unscaled.signum() < 0 ? -1 : 0));
    System.arraycopy(shortest, 0, bytes, 16 - shortest.length, shortest.length);
    vector.add(bytes);
    return new java.math.BigDecimal(unscaled, 10).toPlainString();
  }

  private String randomText() {
    StringBuilder text = new StringBuilder();
    int length = random.nextInt(100) == 0 ? 3000 : random.nextInt(30);
    for (int i = 0; i < length; i++) {
      text.appendCodePoint("aZ 0\u00e4\u6f22'\ud83d\ude00".codePointAt(random.nextInt(7)));
    }
    return text.toString();
  }

  private static String text(Vector vector, String value) {
    ((BytesVector) vector).add(value);
    return value;
  }

  private String bytes(BytesVector vector) {
    byte[] value = new byte[random.nextInt(20)];
    random.nextBytes(value);
    vector.add(value);
    return HexFormat.of().withUpperCase().formatHex(value);
  }

  private String uuid(BytesVector vector) {
    UUID value = new UUID(random.nextLong(), random.nextLong());
    vector.add(
        ByteBuffer.allocate(16)
            .putLong(value.getMostSignificantBits())
            .putLong(value.getLeastSignificantBits())
            .array());
    return value.toString();
  }

  private String list(ListVector vector) {
    List<String> texts = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      if (random.nextInt(5) == 0) {
        vector.elements().addNull();
        texts.add("NULL");
      } else {
        texts.add(number(vector.elements(), random.nextInt(100)));
      }
    }
    vector.endList();
    return "[" + String.join(", ", texts) + "]";
  }

  private String struct(StructVector vector) {
    String a = "NULL";
    if (random.nextInt(4) == 0) {
      vector.fields().get(0).addNull();
    } else {
      a = integer(vector.fields().get(0), random.nextInt(50));
    }
    String b = text(vector.fields().get(1), "x" + random.nextInt(50));
    vector.endStruct();
    return "{'a': " + a + ", 'b': " + b + "}";
  }

  private String deep(ListVector vector) {
    List<String> texts = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      texts.add(deepElement((StructVector) vector.elements()));
    }
    vector.endList();
    return "[" + String.join(",", texts) + "]";
  }

  private String deepElement(StructVector vector) {
    if (random.nextInt(6) == 0) {
      vector.addNull();
      return "null";
    }
    String k = number(vector.fields().get(0), random.nextInt(9));
    ListVector inner = (ListVector) vector.fields().get(1);
    String l = "null";
    if (random.nextInt(4) == 0) {
      inner.addNull();
    } else {
      List<String> texts = new ArrayList<>();
      for (int i = random.nextInt(3); i > 0; i--) {
        texts.add(bool(inner.elements()));
      }
      inner.endList();
      l = "[" + String.join(",", texts) + "]";
    }
    vector.endStruct();
    return "{\"k\":" + k + ",\"l\":" + l + "}";
  }
}
