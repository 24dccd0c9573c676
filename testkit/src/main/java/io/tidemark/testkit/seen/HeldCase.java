package io.tidemark.testkit.seen;

import io.tidemark.api.model.DataType;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/**
 * A way in which values are held, with values of it and texts of those that it cannot hold.
 *
 * @param name types of PostgreSQL that are held so, the first of them in what follows
 * @param values that must come back
 * @param odd texts of values that the type cannot hold
 */
record HeldCase(String name, DataType type, List<Object> values, List<String> odd) {
  private static HeldCase of(String name, DataType type, Object... values) {
    return new HeldCase(name, type, List.of(values), List.of());
  }

  private HeldCase odd(String... texts) {
    return new HeldCase(name, type, values, List.of(texts));
  }

  static List<HeldCase> all() {
    return List.of(
        of("boolean", new DataType.Bool(), true, false),
        of("smallint", new DataType.Int(16), (long) Short.MIN_VALUE, (long) Short.MAX_VALUE),
        of("integer", new DataType.Int(32), (long) Integer.MIN_VALUE, (long) Integer.MAX_VALUE),
        of("bigint", new DataType.Int(64), Long.MIN_VALUE, Long.MAX_VALUE),
        of("real", new DataType.Float(32), 1.5f, -0.0f, Float.NaN, Float.NEGATIVE_INFINITY),
        of(
            "double precision",
            new DataType.Float(64),
            0.1,
            5e-324,
            Double.MAX_VALUE,
            Double.NaN,
            Double.POSITIVE_INFINITY),
        of(
                "numeric(12,2)",
                new DataType.Decimal(12, 2),
                new BigDecimal("-9999999999.99"),
                new BigDecimal("0.01"))
            .odd("NaN"),
        of(
                "numeric(38,10)",
                new DataType.Decimal(38, 10),
                new BigDecimal("9999999999999999999999999999.9999999999"))
            .odd("NaN"),
        of(
            "text and what has no closer form",
            new DataType.Text(),
            "",
            "ünï\uD83C\uDF0A",
            "quote ' \" \\ and\nlines"),
        of("json, jsonb", new DataType.Json(), "{\"b\": 1,  \"a\": [null]}", "null"),
        of("bytea", new DataType.Bytes(), new byte[0], new byte[] {0, -1, 10}),
        of("uuid", new DataType.Uuid(), new UUID(0, 0), new UUID(-1, -1)),
        of("date", new DataType.Date(), LocalDate.of(1, 1, 1), LocalDate.of(9999, 12, 31))
            .odd("infinity"),
        of("time", new DataType.Time(), LocalTime.MIDNIGHT, LocalTime.parse("23:59:59.999999"))
            .odd("24:00:00"),
        of(
                "timestamp",
                new DataType.Timestamp(false),
                LocalDateTime.of(1, 1, 1, 0, 0),
                LocalDateTime.parse("2026-03-29T02:30:00.000001"))
            .odd("-infinity"),
        of(
                "timestamptz",
                new DataType.Timestamp(true),
                Instant.parse("1969-12-31T23:59:59.999999Z"),
                Instant.parse("9999-12-31T23:59:59Z"))
            .odd("infinity"),
        of(
                "integer[]",
                new DataType.ListOf(new DataType.Int(32)),
                List.of(),
                Arrays.asList(1L, null))
            .odd("{{1},{2}}"),
        of(
            "text[]",
            new DataType.ListOf(new DataType.Text()),
            Arrays.asList("a", null, "", "\"{,}\"")),
        of("composite", pair(), Arrays.asList("x", 7L), Arrays.asList(null, null)),
        of(
            "composite[]",
            new DataType.ListOf(pair()),
            List.of(Arrays.asList("x", 7L), Arrays.asList(null, -1L))));
  }

  private static DataType pair() {
    return new DataType.Struct(
        List.of(
            new DataType.Field("word", new DataType.Text()),
            new DataType.Field("count", new DataType.Int(64))));
  }
}
