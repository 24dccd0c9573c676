package io.tidemark.postgres.sink;

import io.tidemark.api.model.BooleanVector;
import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.DoubleVector;
import io.tidemark.api.model.FloatVector;
import io.tidemark.api.model.IntVector;
import io.tidemark.api.model.LongVector;
import io.tidemark.api.model.Vector;
import java.util.Optional;

/** Writes a value with its length before it, as the receive function of its type reads it. */
@FunctionalInterface
interface BinaryValue {
  /** PostgreSQL counts days and microseconds from 2000-01-01. */
  int EPOCH_DAYS = 10_957;

  long EPOCH_MICROS = EPOCH_DAYS * 86_400_000_000L;

  void write(CopyBuffer out, Vector in, int i);

  /** How values of a column of PostgreSQL's own type are written; empty where only as text. */
  static Optional<BinaryValue> of(Column column) {
    DataType type = column.type();
    BinaryValue value =
        switch (column.typeOid()) {
          case 16 -> type instanceof DataType.Bool ? BinaryValue::bool : null;
          case 21 -> type instanceof DataType.Int ? BinaryValue::int2 : null;
          case 23 -> type instanceof DataType.Int ? BinaryValue::int4 : null;
          case 20 -> type instanceof DataType.Int ? BinaryValue::int8 : null;
          case 700 -> type instanceof DataType.Float ? BinaryValue::float4 : null;
          case 701 -> type instanceof DataType.Float ? BinaryValue::float8 : null;
          case 25, 1042, 1043, 114 -> isTextual(type) ? BinaryValue::bytes : null;
          case 3802 -> isTextual(type) ? BinaryValue::jsonb : null;
          case 17 -> type instanceof DataType.Bytes ? BinaryValue::bytes : null;
          case 2950 -> type instanceof DataType.Uuid ? BinaryValue::bytes : null;
          case 1082 -> type instanceof DataType.Date ? BinaryValue::date : null;
          case 1083 -> type instanceof DataType.Time ? BinaryValue::int8 : null;
          case 1114, 1184 -> type instanceof DataType.Timestamp ? BinaryValue::timestamp : null;
          case 1700 -> type instanceof DataType.Decimal decimal ? new BinaryDecimal(decimal) : null;
          default -> null;
        };
    return Optional.ofNullable(value);
  }

  private static boolean isTextual(DataType type) {
    return type instanceof DataType.Text || type instanceof DataType.Json;
  }

  private static void bool(CopyBuffer out, Vector in, int i) {
    out.four(1);
    out.one(((BooleanVector) in).get(i) ? 1 : 0);
  }

  private static void int2(CopyBuffer out, Vector in, int i) {
    out.four(2);
    out.two(((IntVector) in).get(i));
  }

  private static void int4(CopyBuffer out, Vector in, int i) {
    out.four(4);
    out.four(((IntVector) in).get(i));
  }

  private static void int8(CopyBuffer out, Vector in, int i) {
    out.four(8);
    out.eight(((LongVector) in).get(i));
  }

  private static void float4(CopyBuffer out, Vector in, int i) {
    out.four(4);
    out.four(Float.floatToRawIntBits(((FloatVector) in).get(i)));
  }

  private static void float8(CopyBuffer out, Vector in, int i) {
    out.four(8);
    out.eight(Double.doubleToRawLongBits(((DoubleVector) in).get(i)));
  }

  private static void bytes(CopyBuffer out, Vector in, int i) {
    BytesVector bytes = (BytesVector) in;
    out.four(bytes.length(i));
    out.raw(bytes.data(), bytes.start(i), bytes.length(i));
  }

  private static void jsonb(CopyBuffer out, Vector in, int i) {
    BytesVector bytes = (BytesVector) in;
    out.four(bytes.length(i) + 1);
    out.one(1);
    out.raw(bytes.data(), bytes.start(i), bytes.length(i));
  }

  private static void date(CopyBuffer out, Vector in, int i) {
    out.four(4);
    out.four(((IntVector) in).get(i) - EPOCH_DAYS);
  }

  private static void timestamp(CopyBuffer out, Vector in, int i) {
    out.four(8);
    out.eight(((LongVector) in).get(i) - EPOCH_MICROS);
  }
}
