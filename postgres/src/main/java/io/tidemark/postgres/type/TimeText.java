package io.tidemark.postgres.type;

/** The ISO texts of dates and times, as EncodeDateOnly and EncodeDateTime write them. */
final class TimeText {
  static final long MICROS_PER_SECOND = 1_000_000L;
  static final long MICROS_PER_MINUTE = 60 * MICROS_PER_SECOND;
  static final long MICROS_PER_HOUR = 60 * MICROS_PER_MINUTE;
  static final long MICROS_PER_DAY = 24 * MICROS_PER_HOUR;

  /** Days from 0000-03-01 to 1970-01-01. */
  private static final long EPOCH_FROM_MARCH = 719_468;

  private static final long DAYS_PER_ERA = 146_097;

  private TimeText() {}

  /** Appends the date of a day counted from 1970-01-01. */
  static void date(long day, TextBuffer out) {
    long year = ymd(day, out);
    if (year <= 0) {
      out.ascii(" BC");
    }
  }

  /** Appends a time of day in microseconds. */
  static void time(long micros, TextBuffer out) {
    out.padded(micros / MICROS_PER_HOUR, 2).put(':');
    out.padded(micros / MICROS_PER_MINUTE % 60, 2).put(':');
    out.padded(micros / MICROS_PER_SECOND % 60, 2);
    fraction((int) (micros % MICROS_PER_SECOND), out);
  }

  /** Appends a timestamp given as day since 1970-01-01 and microsecond of the day. */
  static void timestamp(long day, long microOfDay, String zone, TextBuffer out) {
    long year = ymd(day, out);
    time(microOfDay, out.put(' '));
    out.ascii(zone);
    if (year <= 0) {
      out.ascii(" BC");
    }
  }

  /** Appends microseconds behind a point, without zeros at the end; nothing for 0. */
  static void fraction(int micros, TextBuffer out) {
    if (micros == 0) {
      return;
    }
    int digits = 6;
    int rest = micros;
    while (rest % 10 == 0) {
      rest /= 10;
      digits--;
    }
    out.put('.').padded(rest, digits);
  }

  /** Appends year, month and day of the proleptic Gregorian calendar, and gives the year. */
  private static long ymd(long day, TextBuffer out) {
    long fromMarch = day + EPOCH_FROM_MARCH;
    long era = Math.floorDiv(fromMarch, DAYS_PER_ERA);
    long dayOfEra = fromMarch - era * DAYS_PER_ERA;
    long yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
    long dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
    long shifted = (5 * dayOfYear + 2) / 153;
    long month = shifted < 10 ? shifted + 3 : shifted - 9;
    long year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
    out.padded(year > 0 ? year : 1 - year, 4).put('-');
    out.padded(month, 2).put('-').padded(dayOfYear - (153 * shifted + 2) / 5 + 1, 2);
    return year;
  }

  /** The day since 1970-01-01 of a date; the year before 1 is 0. */
  static long day(long year, int month, int dayOfMonth) {
    long fromMarch = month > 2 ? year : year - 1;
    long era = Math.floorDiv(fromMarch, 400L);
    long yearOfEra = fromMarch - era * 400;
    long dayOfYear = (153L * (month > 2 ? month - 3 : month + 9) + 2) / 5 + dayOfMonth - 1;
    return era * DAYS_PER_ERA
        + yearOfEra * 365
        + yearOfEra / 4
        - yearOfEra / 100
        + dayOfYear
        - EPOCH_FROM_MARCH;
  }
}
