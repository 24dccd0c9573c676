package io.tidemark.postgres.type;

import java.util.Map;

/** inet, cidr, macaddr and macaddr8. */
final class NetworkOutputs {
  private static final int IPV4 = 2;
  private static final int IPV6 = 3;

  private NetworkOutputs() {}

  static void register(Map<String, Output> map) {
    map.put("inet_send", NetworkOutputs::inet);
    map.put("cidr_send", NetworkOutputs::cidr);
    map.put("macaddr_send", (data, offset, length, out) -> mac(data, offset, length, 6, out));
    map.put("macaddr8_send", (data, offset, length, out) -> mac(data, offset, length, 8, out));
  }

  private static void mac(byte[] data, int offset, int length, int bytes, TextBuffer out) {
    Wire.length(length, bytes, bytes == 6 ? "macaddr" : "macaddr8");
    for (int i = 0; i < bytes; i++) {
      if (i > 0) {
        out.put(':');
      }
      out.hex(data[offset + i] & 0xFF, 2);
    }
  }

  private static void inet(byte[] data, int offset, int length, TextBuffer out) {
    int bits = address(data, offset, length, out);
    if (bits != (data[offset] == IPV4 ? 32 : 128)) {
      out.put('/').number(bits);
    }
  }

  private static void cidr(byte[] data, int offset, int length, TextBuffer out) {
    int bits = address(data, offset, length, out);
    out.put('/').number(bits);
  }

  /** Appends the address without its mask and gives the bits of the mask. */
  private static int address(byte[] data, int offset, int length, TextBuffer out) {
    WireReader in = new WireReader(data, offset, length, "inet");
    int family = in.uint8();
    int bits = in.uint8();
    in.uint8();
    int bytes = in.uint8();
    int at = in.take(bytes);
    in.end();
    if (family == IPV4 && bytes == 4 && bits <= 32) {
      ipv4(data, at, out);
    } else if (family == IPV6 && bytes == 16 && bits <= 128) {
      ipv6(data, at, out);
    } else {
      throw in.malformed("its family is unknown or its size does not fit");
    }
    return bits;
  }

  private static void ipv4(byte[] data, int at, TextBuffer out) {
    for (int i = 0; i < 4; i++) {
      if (i > 0) {
        out.put('.');
      }
      out.number(data[at + i] & 0xFF);
    }
  }

  /** The longest run of at least two zero words is left out; the first of equal runs. */
  private static void ipv6(byte[] data, int at, TextBuffer out) {
    int runStart = -1;
    int runLength = 1;
    for (int i = 0; i < 8; i++) {
      int zeros = i;
      while (zeros < 8 && Wire.uint16(data, at + 2 * zeros) == 0) {
        zeros++;
      }
      if (zeros - i > runLength) {
        runStart = i;
        runLength = zeros - i;
      }
    }
    for (int i = 0; i < 8; i++) {
      if (i == runStart) {
        out.put(':');
        i += runLength - 1;
        if (i == 7) {
          out.put(':');
        }
        continue;
      }
      if (i > 0) {
        out.put(':');
      }
      if (i == 6 && runStart == 0 && embedsIpv4(data, at, runLength)) {
        ipv4(data, at + 12, out);
        return;
      }
      out.ascii(Integer.toHexString(Wire.uint16(data, at + 2 * i)));
    }
  }

  private static boolean embedsIpv4(byte[] data, int at, int zeros) {
    return zeros == 6
        || (zeros == 7 && Wire.uint16(data, at + 14) != 1)
        || (zeros == 5 && Wire.uint16(data, at + 10) == 0xFFFF);
  }
}
