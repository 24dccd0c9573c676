package io.tidemark.api.model;

/**
 * A position in PostgreSQL's write-ahead log: an unsigned 64-bit number of bytes since the log
 * began.
 *
 * <p>Inside hot loops an LSN travels as a plain {@code long}; compare such values with {@link
 * Long#compareUnsigned}.
 *
 * @param value the 64 bits; to be read as unsigned
 */
public record Lsn(long value) implements Comparable<Lsn> {
  /** PostgreSQL's "invalid" LSN, below every real one. */
  public static final Lsn ZERO = new Lsn(0);

  /**
   * Parses PostgreSQL's text form, two hexadecimal numbers with a slash between them: {@code
   * 16/B374D848}.
   */
  public static Lsn parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 1 || slash > 8 || text.length() - slash < 2 || text.length() - slash > 9) {
      throw new IllegalArgumentException(
          "Cannot read LSN '" + text + "': expected a form like 16/B374D848.");
    }
    try {
      long high = Long.parseLong(text.substring(0, slash), 16);
      long low = Long.parseLong(text.substring(slash + 1), 16);
      return new Lsn(high << 32 | low);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "Cannot read LSN '" + text + "': expected a form like 16/B374D848.", e);
    }
  }

  /** Whether this position lies before the other one. */
  public boolean isBefore(Lsn other) {
    return compareTo(other) < 0;
  }

  /** Bytes from the other position up to this one; negative when this one lies before it. */
  public long minus(Lsn other) {
    return value - other.value;
  }

  /** Sixteen hexadecimal digits, which sort as text in the order of the log; used in file names. */
  public String toHex() {
    String digits = Long.toHexString(value).toUpperCase(java.util.Locale.ROOT);
    return "0".repeat(16 - digits.length()) + digits;
  }

  @Override
  public int compareTo(Lsn other) {
    return Long.compareUnsigned(value, other.value);
  }

  @Override
  public String toString() {
    return Long.toHexString(value >>> 32).toUpperCase(java.util.Locale.ROOT)
        + "/"
        + Long.toHexString(value & 0xFFFFFFFFL).toUpperCase(java.util.Locale.ROOT);
  }
}
