package io.tidemark.postgres.type;

/** Reads the parts of one value in order and refuses to read past its end. */
final class WireReader {
  private final byte[] data;
  private final int end;
  private final String type;
  private int at;

  WireReader(byte[] data, int offset, int length, String type) {
    this.data = data;
    this.at = offset;
    this.end = offset + length;
    this.type = type;
  }

  byte[] data() {
    return data;
  }

  /** Index of the next byte. */
  int at() {
    return at;
  }

  int remaining() {
    return end - at;
  }

  int uint8() {
    return data[take(1)] & 0xFF;
  }

  int uint16() {
    return Wire.uint16(data, take(2));
  }

  int int32() {
    return Wire.int32(data, take(4));
  }

  long uint32() {
    return Wire.uint32(data, take(4));
  }

  long int64() {
    return Wire.int64(data, take(8));
  }

  double float8() {
    return Double.longBitsToDouble(int64());
  }

  /** A count of parts of at least {@code least} bytes each, refused where they cannot follow. */
  int count(int least) {
    int count = int32();
    if (count < 0 || (long) count * least > remaining()) {
      throw malformed("it says to have " + count + " parts and is too short for them");
    }
    return count;
  }

  /** Length of the part that follows, -1 for a null. */
  int partLength() {
    int length = int32();
    if (length < -1 || length > remaining()) {
      throw malformed("a part reaches past its end");
    }
    return length;
  }

  /** Passes over bytes and tells where they begin. */
  int take(int count) {
    if (count > end - at) {
      throw malformed("it ends too early");
    }
    int from = at;
    at += count;
    return from;
  }

  /** Passes over bytes up to a zero byte and tells how many stand before it. */
  int untilZero() {
    int from = at;
    while (at < end && data[at] != 0) {
      at++;
    }
    int count = at - from;
    take(1);
    return count;
  }

  /** Refuses bytes behind the last part. */
  void end() {
    if (at != end) {
      throw malformed("bytes follow its last part");
    }
  }

  MalformedValueException malformed(String reason) {
    return MalformedValueException.of(type, reason);
  }
}
