package io.tidemark.kafka.sink;

import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.IntVector;
import io.tidemark.api.model.LongVector;
import io.tidemark.kafka.sink.EventOptions.Times;
import io.tidemark.kafka.sink.ValueForm.UnfitValue;
import java.time.Instant;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.time.temporal.ChronoUnit;
import java.util.function.BiConsumer;
import java.util.function.LongUnaryOperator;

/** Dates and times, by {@code time.precision.mode}. */
final class TimeForms {
  private static final String CONNECT = "org.apache.kafka.connect.data.";
  private static final String DEBEZIUM = "io.debezium.time.";
  private static final int FINEST = 6;
  private static final long DAY_MICROS = 86_400_000_000L;

  /** Of a year from 0 to 9999: yyyy-mm-ddThh:mm:ss, without a fraction. */
  private static final long FIRST_SHORT_YEAR = -62_167_219_200L;

  private static final long END_OF_SHORT_YEARS = 253_402_300_800L;
  private static final byte[] ZERO = ColumnForms.json("0");

  /** What {@code java.sql.Timestamp} makes of PostgreSQL's infinities in the peer, in its units. */
  private static final long INFINITE = 9_223_372_036_825_200_000L;

  private static final long MINUS_INFINITE = -9_223_372_036_832_400_000L;
  private static final DateTimeFormatter ZONED_TIME =
      new DateTimeFormatterBuilder()
          .appendPattern("HH:mm:ss")
          .appendFraction(ChronoField.MICRO_OF_SECOND, 0, 6, true)
          .appendPattern("[XXXXX][XXX][X]")
          .toFormatter(java.util.Locale.ROOT);

  private final Times mode;

  TimeForms(EventOptions options) {
    this.mode = options.times();
  }

  ColumnForm date() {
    String name = mode == Times.CONNECT ? CONNECT + "Date" : DEBEZIUM + "Date";
    return new ColumnForm(
        ConnectSchema.of("int32").named(name, 1),
        (to, from, i) -> to.number(((IntVector) from).get(i)),
        (to, text) -> to.number(infinite(text, Integer.MAX_VALUE, Integer.MIN_VALUE)),
        null,
        ZERO);
  }

  private static long infinite(String text, long positive, long negative) {
    return switch (text) {
      case "infinity" -> positive;
      case "-infinity" -> negative;
      default -> throw new UnfitValue("it lies beyond what the type on the topic can say");
    };
  }

  /**
   * {@code time(p)}.
   *
   * @param typmod digits of its seconds' fraction; -1 for all
   */
  ColumnForm time(int typmod) {
    int digits = typmod < 0 ? FINEST : typmod;
    return switch (mode) {
      case CONNECT -> time("int32", CONNECT + "Time", micros -> Math.floorDiv(micros, 1000));
      case NANOSECONDS -> time("int64", DEBEZIUM + "NanoTime", micros -> micros * 1000);
      case ADAPTIVE ->
          digits <= 3
              ? time("int32", DEBEZIUM + "Time", micros -> Math.floorDiv(micros, 1000))
              : time("int64", DEBEZIUM + "MicroTime", micros -> micros);
      case ADAPTIVE_TIME_MICROSECONDS, MICROSECONDS ->
          time("int64", DEBEZIUM + "MicroTime", micros -> micros);
    };
  }

  private ColumnForm time(String type, String name, LongUnaryOperator unit) {
    BiConsumer<JsonBuffer, String> raw =
        (to, text) -> {
          if (!text.startsWith("24:00:00")) {
            throw new UnfitValue("it is no time of a day");
          }
          to.number(unit.applyAsLong(DAY_MICROS));
        };
    return new ColumnForm(
        ConnectSchema.of(type).named(name, 1),
        (to, from, i) -> to.number(unit.applyAsLong(((LongVector) from).get(i))),
        raw,
        null,
        ZERO);
  }

  /** {@code timestamp(p)}; typmod as of {@link #time}. */
  ColumnForm timestamp(int typmod) {
    int digits = typmod < 0 ? FINEST : typmod;
    return switch (mode) {
      case CONNECT -> timestamp(CONNECT + "Timestamp", micros -> Math.floorDiv(micros, 1000));
      case NANOSECONDS -> timestamp(DEBEZIUM + "NanoTimestamp", TimeForms::nanos);
      case MICROSECONDS -> timestamp(DEBEZIUM + "MicroTimestamp", micros -> micros);
      case ADAPTIVE, ADAPTIVE_TIME_MICROSECONDS ->
          digits <= 3
              ? timestamp(DEBEZIUM + "Timestamp", micros -> Math.floorDiv(micros, 1000))
              : timestamp(DEBEZIUM + "MicroTimestamp", micros -> micros);
    };
  }

  private static long nanos(long micros) {
    if (micros > Long.MAX_VALUE / 1000 || micros < Long.MIN_VALUE / 1000) {
      throw new UnfitValue("nanoseconds of 64 bits end in the year 2262. Use another precision");
    }
    return micros * 1000;
  }

  private ColumnForm timestamp(String name, LongUnaryOperator unit) {
    return new ColumnForm(
        ConnectSchema.INT64.named(name, 1),
        (to, from, i) -> to.number(unit.applyAsLong(((LongVector) from).get(i))),
        (to, text) -> to.number(infinite(text, INFINITE, MINUS_INFINITE)),
        null,
        ZERO);
  }

  /** {@code timestamptz(p)}, as text in UTC. */
  ColumnForm zonedTimestamp(int typmod) {
    int digits = typmod < 0 ? FINEST : typmod;
    return new ColumnForm(
        ConnectSchema.STRING.named(DEBEZIUM + "ZonedTimestamp", 1),
        (to, from, i) -> to.plain(iso(((LongVector) from).get(i), digits)),
        (to, text) -> {
          infinite(text, 0, 0);
          to.plain(text);
        },
        null,
        ColumnForms.quoted("1970-01-01T00:00:00Z"));
  }

  /** ISO 8601 with so many digits of a fraction; where it has none, with those that are needed. */
  static String iso(long micros, int digits) {
    long second = Math.floorDiv(micros, 1_000_000L);
    if (second < FIRST_SHORT_YEAR || second >= END_OF_SHORT_YEARS || digits == 0) {
      return odd(micros, digits);
    }
    String whole = Instant.ofEpochSecond(second).toString();
    long fraction = Math.floorMod(micros, 1_000_000L);
    StringBuilder text = new StringBuilder(32).append(whole, 0, whole.length() - 1).append('.');
    long divisor = 100_000;
    for (int digit = 0; digit < digits; digit++, divisor /= 10) {
      text.append((char) ('0' + fraction / divisor % 10));
    }
    return text.append('Z').toString();
  }

  private static String odd(long micros, int digits) {
    DateTimeFormatterBuilder form =
        new DateTimeFormatterBuilder()
            .append(DateTimeFormatter.ISO_LOCAL_DATE)
            .appendPattern("'T'HH:mm:ss");
    if (digits > 0) {
      form.appendFraction(ChronoField.NANO_OF_SECOND, digits, digits, true);
    }
    return form.appendLiteral('Z')
        .toFormatter(java.util.Locale.ROOT)
        .format(Instant.EPOCH.plus(micros, ChronoUnit.MICROS).atOffset(ZoneOffset.UTC));
  }

  /** {@code timetz}, as text in UTC. */
  ColumnForm zonedTime() {
    return new ColumnForm(
        ConnectSchema.STRING.named(DEBEZIUM + "ZonedTime", 1),
        (to, from, i) -> zonedTime(to, ((BytesVector) from).text(i)),
        TimeForms::zonedTime,
        null,
        ColumnForms.quoted("00:00:00Z"));
  }

  private static void zonedTime(JsonBuffer to, String text) {
    if (text.startsWith("24:")) {
      to.plain("24:00:00Z");
      return;
    }
    OffsetTime time = OffsetTime.parse(text, ZONED_TIME).withOffsetSameInstant(ZoneOffset.UTC);
    to.plain(DateTimeFormatter.ISO_OFFSET_TIME.format(time));
  }
}
