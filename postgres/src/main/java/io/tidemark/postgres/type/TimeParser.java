package io.tidemark.postgres.type;

/** Reads the ISO texts that {@link TimeText} writes; refuses all others. */
final class TimeParser {
  private static final int[] MONTH_DAYS = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  private static final long LARGEST_YEAR = 5_874_897;

  /** The last day since 1970 of which any microsecond can be counted in 64 bits. */
  private static final long LAST_DAY = Long.MAX_VALUE / TimeText.MICROS_PER_DAY;

  private final byte[] data;
  private final String type;
  private final int end;
  private int at;
  private int takenAtEnd;

  TimeParser(byte[] data, int offset, int length, String type) {
    this.data = data;
    this.type = type;
    this.at = offset;
    this.end = offset + length;
  }

  /** Whether the text is {@code infinity} or {@code -infinity}. */
  static boolean isInfinity(byte[] data, int offset, int length) {
    int sign = length > 0 && data[offset] == '-' ? 1 : 0;
    String word = "infinity";
    if (length != word.length() + sign) {
      return false;
    }
    for (int i = 0; i < word.length(); i++) {
      if (data[offset + sign + i] != word.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** The whole text as a date: day since 1970-01-01. */
  long date() {
    boolean beforeChrist = takeBeforeChrist();
    long day = day(beforeChrist);
    finish();
    return day;
  }

  /** The whole text as a time: microseconds since midnight, 24:00 included. */
  long time() {
    long micros = timeOfDay();
    finish();
    return micros;
  }

  /** The whole text as a timestamp: microseconds since 1970, or null where 64 bits are too few. */
  Long timestamp() {
    boolean beforeChrist = takeBeforeChrist();
    long day = day(beforeChrist);
    expect(' ');
    long micros = timeOfDay();
    if (at < end && (data[at] == '+' || data[at] == '-')) {
      micros -= zone();
    }
    finish();
    long days = day + Math.floorDiv(micros, TimeText.MICROS_PER_DAY);
    long rest = Math.floorMod(micros, TimeText.MICROS_PER_DAY);
    boolean past =
        days > LAST_DAY || (days == LAST_DAY && rest > Long.MAX_VALUE % TimeText.MICROS_PER_DAY);
    if (past || days < -LAST_DAY) {
      return null;
    }
    return days * TimeText.MICROS_PER_DAY + rest;
  }

  private boolean takeBeforeChrist() {
    int last = end - 3;
    if (last >= at && data[last] == ' ' && data[last + 1] == 'B' && data[last + 2] == 'C') {
      takenAtEnd = 3;
      return true;
    }
    return false;
  }

  private void finish() {
    if (at != end - takenAtEnd) {
      throw malformed();
    }
  }

  private long day(boolean beforeChrist) {
    long year = digits(4, 7);
    expect('-');
    int month = (int) digits(2, 2);
    expect('-');
    int day = (int) digits(2, 2);
    if (year == 0 || year > LARGEST_YEAR || month < 1 || month > 12) {
      throw malformed();
    }
    long astronomical = beforeChrist ? 1 - year : year;
    if (day < 1
        || day > MONTH_DAYS[month - 1]
        || (month == 2 && day == 29 && !leap(astronomical))) {
      throw malformed();
    }
    return TimeText.day(astronomical, month, day);
  }

  private static boolean leap(long year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  }

  private long timeOfDay() {
    long hours = digits(2, 2);
    expect(':');
    long minutes = digits(2, 2);
    expect(':');
    long seconds = digits(2, 2);
    long micros = 0;
    if (at < end && data[at] == '.') {
      at++;
      int from = at;
      micros = digits(1, 6);
      for (int i = at - from; i < 6; i++) {
        micros *= 10;
      }
    }
    long sum =
        hours * TimeText.MICROS_PER_HOUR
            + minutes * TimeText.MICROS_PER_MINUTE
            + seconds * TimeText.MICROS_PER_SECOND
            + micros;
    if (minutes > 59 || seconds > 59 || sum > TimeText.MICROS_PER_DAY) {
      throw malformed();
    }
    return sum;
  }

  /** Microseconds east of Greenwich. */
  private long zone() {
    boolean west = data[at++] == '-';
    long seconds = digits(2, 2) * 3600;
    for (int unit = 60; unit > 0 && at < end && data[at] == ':'; unit /= 60) {
      at++;
      seconds += digits(2, 2) * unit;
    }
    return (west ? -seconds : seconds) * TimeText.MICROS_PER_SECOND;
  }

  private long digits(int least, int most) {
    long value = 0;
    int from = at;
    while (at < end && at - from < most && data[at] >= '0' && data[at] <= '9') {
      value = value * 10 + data[at++] - '0';
    }
    if (at - from < least) {
      throw malformed();
    }
    return value;
  }

  private void expect(char character) {
    if (at >= end || data[at] != character) {
      throw malformed();
    }
    at++;
  }

  private MalformedValueException malformed() {
    return MalformedValueException.of(type, "its text has not the form of ISO 8601");
  }
}
