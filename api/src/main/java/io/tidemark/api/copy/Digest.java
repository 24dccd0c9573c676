package io.tidemark.api.copy;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/**
 * What is left of a multiset of rows for a comparison: how many there are, and two sums over the
 * hashes of all. Sums do not depend on any order, and rows that a multiset has more than once count
 * each time.
 *
 * <p>The hash of a row is the MD5 of its values behind one another: {@code -} for a null, else the
 * length of the value's text in bytes of UTF-8, a colon, and the text. So a null, an empty text and
 * values that begin where others end are all different. Of the 32 hexadecimal digits the first 15
 * are the first number, the 15 from the 17th on the second. MD5 is no protection from somebody who
 * forges rows; it is what every server computes.
 *
 * @param rows how many
 * @param first sum of the first numbers, modulo 2^64
 * @param second sum of the second numbers, modulo 2^64
 */
public record Digest(long rows, long first, long second) {
  /** Of no row. */
  public static final Digest NONE = new Digest(0, 0, 0);

  /** Both together. */
  public Digest plus(Digest other) {
    return new Digest(rows + other.rows, first + other.first, second + other.second);
  }

  /**
   * In which of a number of parts a single row belongs.
   *
   * @param parts a power of two
   */
  public int part(int parts) {
    return (int) (first & parts - 1);
  }

  /** Computes the digests of single rows. One thread at a time. */
  public static final class Maker {
    private final MessageDigest md5;

    public Maker() {
      try {
        md5 = MessageDigest.getInstance("MD5");
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("Cannot compare rows: this JVM lacks MD5.", e);
      }
    }

    /** The digest of one row, given as PostgreSQL's texts, null for null. */
    public Digest of(List<String> values) {
      for (String value : values) {
        if (value == null) {
          md5.update((byte) '-');
        } else {
          byte[] text = value.getBytes(StandardCharsets.UTF_8);
          md5.update((text.length + ":").getBytes(StandardCharsets.US_ASCII));
          md5.update(text);
        }
      }
      byte[] hash = md5.digest();
      return new Digest(1, sixtyBits(hash, 0), sixtyBits(hash, 8));
    }

    private static long sixtyBits(byte[] hash, int from) {
      long bits = 0;
      for (int i = from; i < from + 8; i++) {
        bits = bits << 8 | hash[i] & 0xff;
      }
      return bits >>> 4;
    }
  }
}
