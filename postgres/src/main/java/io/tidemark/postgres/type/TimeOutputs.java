package io.tidemark.postgres.type;

import java.util.Map;

/** Dates, times and intervals. Binary dates and timestamps count from 2000-01-01. */
final class TimeOutputs {
  /** Days from 1970-01-01 to 2000-01-01. */
  static final int EPOCH_DAYS = 10_957;

  /** Microseconds from 1970-01-01 to 2000-01-01. */
  static final long EPOCH_MICROS = EPOCH_DAYS * TimeText.MICROS_PER_DAY;

  private static final int LARGEST_ZONE = 16 * 3600;

  private TimeOutputs() {}

  static void register(Map<String, Output> map) {
    map.put("date_send", TimeOutputs::date);
    map.put("time_send", TimeOutputs::time);
    map.put("timetz_send", TimeOutputs::timetz);
    map.put("timestamp_send", (d, offset, length, out) -> timestamp(d, offset, length, "", out));
    map.put(
        "timestamptz_send", (d, offset, length, out) -> timestamp(d, offset, length, "+00", out));
    map.put("interval_send", TimeOutputs::interval);
  }

  private static void date(byte[] data, int offset, int length, TextBuffer out) {
    Wire.length(length, 4, "date");
    int day = Wire.int32(data, offset);
    if (day == Integer.MAX_VALUE) {
      out.ascii("infinity");
    } else if (day == Integer.MIN_VALUE) {
      out.ascii("-infinity");
    } else {
      TimeText.date((long) day + EPOCH_DAYS, out);
    }
  }

  private static void time(byte[] data, int offset, int length, TextBuffer out) {
    Wire.length(length, 8, "time");
    TimeText.time(checkedTime(Wire.int64(data, offset)), out);
  }

  static long checkedTime(long micros) {
    if (micros < 0 || micros > TimeText.MICROS_PER_DAY) {
      throw MalformedValueException.of("time", "it is outside of a day");
    }
    return micros;
  }

  private static void timetz(byte[] data, int offset, int length, TextBuffer out) {
    Wire.length(length, 12, "timetz");
    TimeText.time(checkedTime(Wire.int64(data, offset)), out);
    int west = Wire.int32(data, offset + 8);
    if (west <= -LARGEST_ZONE || west >= LARGEST_ZONE) {
      throw MalformedValueException.of("timetz", "its zone is too far");
    }
    int zone = Math.abs(west);
    out.put(west <= 0 ? '+' : '-').padded(zone / 3600, 2);
    if (zone % 3600 != 0) {
      out.put(':').padded(zone / 60 % 60, 2);
    }
    if (zone % 60 != 0) {
      out.put(':').padded(zone % 60, 2);
    }
  }

  private static void timestamp(byte[] data, int offset, int length, String zone, TextBuffer out) {
    Wire.length(length, 8, "timestamp");
    long micros = Wire.int64(data, offset);
    if (micros == Long.MAX_VALUE) {
      out.ascii("infinity");
    } else if (micros == Long.MIN_VALUE) {
      out.ascii("-infinity");
    } else {
      TimeText.timestamp(
          Math.floorDiv(micros, TimeText.MICROS_PER_DAY) + EPOCH_DAYS,
          Math.floorMod(micros, TimeText.MICROS_PER_DAY),
          zone,
          out);
    }
  }

  /** EncodeInterval in the style "postgres". */
  private static void interval(byte[] data, int offset, int length, TextBuffer out) {
    Wire.length(length, 16, "interval");
    long micros = Wire.int64(data, offset);
    int days = Wire.int32(data, offset + 8);
    int months = Wire.int32(data, offset + 12);
    if (micros == Long.MAX_VALUE && days == Integer.MAX_VALUE && months == Integer.MAX_VALUE) {
      out.ascii("infinity");
    } else if (micros == Long.MIN_VALUE
        && days == Integer.MIN_VALUE
        && months == Integer.MIN_VALUE) {
      out.ascii("-infinity");
    } else {
      new IntervalText(out).write(months, days, micros);
    }
  }

  /** Writes the parts of an interval; a positive part behind a negative one carries a plus. */
  private static final class IntervalText {
    private final TextBuffer out;
    private boolean empty = true;
    private boolean negativeBefore;

    IntervalText(TextBuffer out) {
      this.out = out;
    }

    void write(int months, int days, long micros) {
      part(months / 12, "year");
      part(months % 12, "mon");
      part(days, "day");
      if (!empty && micros == 0) {
        return;
      }
      if (!empty) {
        out.put(' ');
      }
      if (micros < 0) {
        out.put('-');
      } else if (negativeBefore) {
        out.put('+');
      }
      out.padded(Math.abs(micros / TimeText.MICROS_PER_HOUR), 2).put(':');
      out.padded(Math.abs(micros / TimeText.MICROS_PER_MINUTE % 60), 2).put(':');
      out.padded(Math.abs(micros / TimeText.MICROS_PER_SECOND % 60), 2);
      TimeText.fraction((int) Math.abs(micros % TimeText.MICROS_PER_SECOND), out);
    }

    private void part(int value, String unit) {
      if (value == 0) {
        return;
      }
      if (!empty) {
        out.put(' ');
      }
      if (negativeBefore && value > 0) {
        out.put('+');
      }
      out.number(value).put(' ').ascii(unit);
      if (value != 1) {
        out.put('s');
      }
      negativeBefore = value < 0;
      empty = false;
    }
  }
}
