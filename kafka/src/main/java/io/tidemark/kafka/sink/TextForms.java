package io.tidemark.kafka.sink;

import io.tidemark.api.model.BytesVector;
import io.tidemark.kafka.sink.ValueForm.UnfitValue;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Types that PostgreSQL prints and Connect has a form of its own for. */
final class TextForms {
  private static final Pattern INTERVAL =
      Pattern.compile(
          "(?:(-?\\d+) years? ?)?(?:([-+]?\\d+) mons? ?)?(?:([-+]?\\d+) days? ?)?"
              + "(?:([-+]?)(\\d+):(\\d+):(\\d+(?:\\.\\d+)?))?");
  private static final double DAYS_OF_A_MONTH = 365.25 / 12;
  private static final int WKB_POINT = 1;

  private final EventOptions options;

  TextForms(EventOptions options) {
    this.options = options;
  }

  /** Text under a logical name of Connect's. */
  ColumnForm text(ConnectSchema schema) {
    return text(schema, (to, from, i) -> to.string((BytesVector) from, i), JsonBuffer::string);
  }

  private ColumnForm text(
      ConnectSchema schema, ValueForm values, BiConsumer<JsonBuffer, String> raw) {
    return new ColumnForm(
        schema, values, raw, ColumnForms.quoted(options.placeholder()), ColumnForms.quoted(""));
  }

  private static ColumnForm parsed(
      ConnectSchema schema, BiConsumer<JsonBuffer, String> form, byte[] missing) {
    return new ColumnForm(
        schema,
        (to, from, i) -> form.accept(to, ((BytesVector) from).text(i)),
        form,
        null,
        missing);
  }

  ColumnForm bytes() {
    byte[] placeholder = options.placeholder().getBytes(StandardCharsets.UTF_8);
    ConnectSchema schema =
        options.binaries() == EventOptions.Binaries.BYTES
            ? ConnectSchema.of("bytes")
            : ConnectSchema.STRING;
    JsonBuffer unavailable = new JsonBuffer();
    bytes(unavailable, placeholder);
    return new ColumnForm(
        schema,
        (to, from, i) -> bytes(to, ((BytesVector) from).get(i)),
        JsonBuffer::string,
        options.binaries() == EventOptions.Binaries.HEX
            ? ColumnForms.quoted(options.placeholder())
            : unavailable.bytes(),
        ColumnForms.quoted(""));
  }

  private void bytes(JsonBuffer to, byte[] value) {
    switch (options.binaries()) {
      case BYTES, BASE64 -> to.base64(value);
      case BASE64_URL_SAFE -> to.plain(Base64.getUrlEncoder().encodeToString(value));
      case HEX -> to.plain(HexFormat.of().formatHex(value));
    }
  }

  ColumnForm uuid(ConnectSchema schema) {
    return text(
        schema,
        (to, from, i) -> {
          BytesVector uuids = (BytesVector) from;
          ByteBuffer sixteen = ByteBuffer.wrap(uuids.data(), uuids.start(i), 16);
          to.plain(new java.util.UUID(sixteen.getLong(), sixteen.getLong()).toString());
        },
        JsonBuffer::string);
  }

  /**
   * {@code bit(n)} and {@code varbit(n)}.
   *
   * @param length n; {@link Integer#MAX_VALUE} where there is none
   */
  ColumnForm bits(int length) {
    if (length <= 1) {
      return parsed(
          ConnectSchema.of("boolean"),
          (to, text) -> to.bool(text.equals("1")),
          ColumnForms.json("false"));
    }
    return parsed(
        ConnectSchema.of("bytes")
            .named("io.debezium.data.Bits", 1)
            .parameter("length", Integer.toString(length)),
        (to, text) -> to.base64(littleEndian(text)),
        ColumnForms.quoted(""));
  }

  /** The last bit is the lowest, and zero bytes at the end are left out. */
  private static byte[] littleEndian(String bits) {
    BitSet set = new BitSet(bits.length());
    for (int i = 0; i < bits.length(); i++) {
      set.set(bits.length() - 1 - i, bits.charAt(i) == '1');
    }
    return set.toByteArray();
  }

  ColumnForm interval() {
    return switch (options.intervals()) {
      case NUMERIC ->
          parsed(
              ConnectSchema.INT64.named("io.debezium.time.MicroDuration", 1),
              (to, text) -> to.number(micros(fields(text))),
              ColumnForms.json("0"));
      case STRING ->
          parsed(
              ConnectSchema.STRING.named("io.debezium.time.Interval", 1),
              (to, text) -> to.plain(iso(fields(text))),
              ColumnForms.quoted("P0Y0M0DT0H0M0S"));
    };
  }

  private record Fields(
      int years, int months, int days, long hours, int minutes, BigDecimal seconds) {}

  private static Fields fields(String text) {
    Matcher found = INTERVAL.matcher(text);
    if (!found.matches()) {
      throw new UnfitValue("the interval is infinite or unknown");
    }
    int sign = "-".equals(found.group(4)) ? -1 : 1;
    BigDecimal seconds =
        found.group(7) == null
            ? BigDecimal.ZERO
            : new BigDecimal(found.group(7)).multiply(BigDecimal.valueOf(sign));
    return new Fields(
        number(found.group(1)),
        number(found.group(2)),
        number(found.group(3)),
        found.group(5) == null ? 0 : sign * Long.parseLong(found.group(5)),
        sign * number(found.group(6)),
        seconds);
  }

  private static int number(String digits) {
    return digits == null ? 0 : Integer.parseInt(digits);
  }

  /** As Debezium counts: a month is a twelfth of 365.25 days. */
  private static long micros(Fields interval) {
    double days = (interval.years() * 12 + interval.months()) * DAYS_OF_A_MONTH + interval.days();
    double seconds =
        ((days * 24 + interval.hours()) * 60 + interval.minutes()) * 60
            + interval.seconds().doubleValue();
    return (long) (seconds * 1e6);
  }

  private static String iso(Fields of) {
    String seconds =
        of.seconds().setScale(9, RoundingMode.DOWN).stripTrailingZeros().toPlainString();
    return "P%dY%dM%dDT%dH%dM%sS"
        .formatted(of.years(), of.months(), of.days(), of.hours(), of.minutes(), seconds);
  }

  ColumnForm point() {
    Map<String, ConnectSchema> fields = new LinkedHashMap<>();
    fields.put("x", ConnectSchema.of("float64"));
    fields.put("y", ConnectSchema.of("float64"));
    fields.put("wkb", ConnectSchema.of("bytes").asOptional());
    fields.put("srid", ConnectSchema.of("int32").asOptional());
    JsonBuffer origin = new JsonBuffer();
    point(origin, "(0,0)");
    return parsed(
        ConnectSchema.struct(fields)
            .named("io.debezium.data.geometry.Point", 1)
            .doc("Geometry (POINT)"),
        TextForms::point,
        origin.bytes());
  }

  private static void point(JsonBuffer to, String text) {
    int comma = text.indexOf(',');
    double x = Double.parseDouble(text.substring(1, comma));
    double y = Double.parseDouble(text.substring(comma + 1, text.length() - 1));
    byte[] wkb =
        ByteBuffer.allocate(21)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put((byte) 1)
            .putInt(WKB_POINT)
            .putDouble(x)
            .putDouble(y)
            .array();
    ColumnForms.field(to.put('{'), "x").number(x).put(',');
    ColumnForms.field(to, "y").number(y).put(',');
    ColumnForms.field(to, "wkb").base64(wkb).put(',');
    ColumnForms.field(to, "srid").ofNull().put('}');
  }

  ColumnForm hstore() {
    JsonBuffer pair = new JsonBuffer().put('{').string(options.placeholder()).put(':');
    byte[] unavailable = pair.string(options.placeholder()).put('}').bytes();
    if (options.hstores() == EventOptions.Hstores.MAP) {
      ColumnForm map =
          parsed(
              ConnectSchema.map(ConnectSchema.STRING, ConnectSchema.STRING.asOptional()),
              TextForms::pairs,
              ColumnForms.json("{}"));
      return new ColumnForm(map.schema(), map.values(), map.raw(), unavailable, map.missing());
    }
    ColumnForm json =
        parsed(
            ConnectSchema.STRING.named("io.debezium.data.Json", 1),
            (to, text) -> {
              JsonBuffer document = new JsonBuffer();
              pairs(document, text);
              to.string(new String(document.bytes(), StandardCharsets.UTF_8));
            },
            ColumnForms.quoted("{}"));
    return new ColumnForm(
        json.schema(),
        json.values(),
        json.raw(),
        ColumnForms.quoted(new String(unavailable, StandardCharsets.UTF_8)),
        json.missing());
  }

  /** {@code "a"=>"1", "b"=>NULL} as an object. */
  private static void pairs(JsonBuffer to, String text) {
    to.put('{');
    int at = 0;
    while (at < text.length()) {
      StringBuilder key = new StringBuilder();
      at = quoted(text, at, key) + 2;
      to.string(key.toString()).put(':');
      if (text.charAt(at) == '"') {
        StringBuilder value = new StringBuilder();
        at = quoted(text, at, value);
        to.string(value.toString());
      } else {
        to.ofNull();
        at += 4;
      }
      if (at < text.length()) {
        to.put(',');
        at += 2;
      }
    }
    to.put('}');
  }

  /** Reads a text in quotes and tells where it ends. */
  private static int quoted(String text, int from, StringBuilder to) {
    int at = from + 1;
    while (text.charAt(at) != '"') {
      at += text.charAt(at) == '\\' ? 1 : 0;
      to.append(text.charAt(at++));
    }
    return at + 1;
  }
}
