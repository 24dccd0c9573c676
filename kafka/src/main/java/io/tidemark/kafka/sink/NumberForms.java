package io.tidemark.kafka.sink;

import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.LongVector;
import io.tidemark.kafka.sink.ValueForm.UnfitValue;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiConsumer;

/** Exact numbers, by {@code decimal.handling.mode}. */
final class NumberForms {
  private static final String DECIMAL = "org.apache.kafka.connect.data.Decimal";
  private static final ConnectSchema VARIABLE = variable();

  private final EventOptions options;

  NumberForms(EventOptions options) {
    this.options = options;
  }

  private static ConnectSchema variable() {
    Map<String, ConnectSchema> fields = new LinkedHashMap<>();
    fields.put("scale", ConnectSchema.of("int32"));
    fields.put("value", ConnectSchema.of("bytes"));
    return ConnectSchema.struct(fields)
        .named("io.debezium.data.VariableScaleDecimal", 1)
        .doc("Variable scaled decimal");
  }

  /** {@code numeric(p,s)} in a decimal. */
  ColumnForm decimal(DataType.Decimal type) {
    ValueForm values =
        type.isLong()
            ? (to, from, i) -> fixed(to, ((LongVector) from).get(i), type.scale())
            : (to, from, i) ->
                fixed(
                    to,
                    new BigDecimal(new BigInteger(((BytesVector) from).get(i)), type.scale()),
                    type.scale());
    return fixed(type.precision(), OptionalInt.of(type.scale()), values);
  }

  /** {@code numeric}, or one with more digits than a decimal holds, as text. */
  ColumnForm text(int typmod) {
    OptionalInt scale =
        typmod < 4 ? OptionalInt.empty() : OptionalInt.of((((typmod - 4) & 0x7ff) ^ 1024) - 1024);
    return fixed(
        typmod < 4 ? 0 : (typmod - 4) >> 16 & 0xffff,
        scale,
        (to, from, i) -> digits(to, ((BytesVector) from).text(i), scale));
  }

  private ColumnForm fixed(int precision, OptionalInt scale, ValueForm values) {
    BiConsumer<JsonBuffer, String> raw = (to, text) -> digits(to, text, scale);
    return switch (options.decimals()) {
      case DOUBLE ->
          new ColumnForm(ConnectSchema.of("float64"), values, raw, null, ColumnForms.json("0.0"));
      case STRING ->
          new ColumnForm(
              ConnectSchema.STRING,
              values,
              raw,
              ColumnForms.quoted(options.placeholder()),
              ColumnForms.quoted(
                  BigDecimal.ZERO.setScale(Math.max(0, scale.orElse(0))).toPlainString()));
      case PRECISE ->
          scale.isPresent()
              ? new ColumnForm(
                  decimalSchema(scale.getAsInt(), Optional.of(precision)),
                  values,
                  raw,
                  null,
                  ColumnForms.quoted("AA=="))
              : new ColumnForm(
                  VARIABLE,
                  values,
                  raw,
                  null,
                  ColumnForms.json("{\"scale\":0,\"value\":\"AA==\"}"));
    };
  }

  private static ConnectSchema decimalSchema(int scale, Optional<Integer> precision) {
    ConnectSchema schema =
        ConnectSchema.of("bytes").named(DECIMAL, 1).parameter("scale", Integer.toString(scale));
    return precision.isPresent()
        ? schema.parameter("connect.decimal.precision", precision.get().toString())
        : schema;
  }

  private void fixed(JsonBuffer to, long unscaled, int scale) {
    if (options.decimals() == EventOptions.Decimals.PRECISE) {
      to.base64(shortest(unscaled));
    } else {
      fixed(to, BigDecimal.valueOf(unscaled, scale), scale);
    }
  }

  /** The shortest two's complement, big-endian. */
  private static byte[] shortest(long value) {
    int length = 8 - (Long.numberOfLeadingZeros(value < 0 ? ~value : value) - 1) / 8;
    byte[] bytes = new byte[length];
    for (int at = length - 1, shift = 0; at >= 0; at--, shift += 8) {
      bytes[at] = (byte) (value >> shift);
    }
    return bytes;
  }

  private void fixed(JsonBuffer to, BigDecimal value, int scale) {
    switch (options.decimals()) {
      case DOUBLE -> to.number(value.doubleValue());
      case STRING -> to.plain(value.toPlainString());
      case PRECISE ->
          to.base64(value.setScale(scale, RoundingMode.UNNECESSARY).unscaledValue().toByteArray());
    }
  }

  private void digits(JsonBuffer to, String text, OptionalInt scale) {
    if (text.equals("NaN") || text.endsWith("Infinity")) {
      special(to, text);
    } else if (scale.isPresent() || options.decimals() != EventOptions.Decimals.PRECISE) {
      BigDecimal value = new BigDecimal(text);
      fixed(to, value, scale.orElse(value.scale()));
    } else {
      BigDecimal value = new BigDecimal(text).stripTrailingZeros();
      value = value.scale() < 0 ? value.setScale(0) : value;
      ColumnForms.field(to.put('{'), "scale").number(value.scale()).put(',');
      ColumnForms.field(to, "value").base64(value.unscaledValue().toByteArray()).put('}');
    }
  }

  private void special(JsonBuffer to, String text) {
    switch (options.decimals()) {
      case DOUBLE -> to.number(Double.parseDouble(text));
      case STRING ->
          to.plain(
              switch (text) {
                case "NaN" -> "NAN";
                case "Infinity" -> "POSITIVE_INFINITY";
                default -> "NEGATIVE_INFINITY";
              });
      case PRECISE ->
          throw new UnfitValue(
              "it is NaN or infinite. Set decimal.handling.mode to string or double");
    }
  }

  /** {@code money}, as the server prints it. */
  ColumnForm money() {
    int digits = options.moneyDigits();
    ValueForm values =
        (to, from, i) -> {
          BigDecimal amount = amount(((BytesVector) from).text(i)).setScale(digits);
          fixed(to, amount, digits);
        };
    BiConsumer<JsonBuffer, String> raw = (to, text) -> fixed(to, amount(text), digits);
    return switch (options.decimals()) {
      case DOUBLE ->
          new ColumnForm(ConnectSchema.of("float64"), values, raw, null, ColumnForms.json("0.0"));
      case STRING ->
          new ColumnForm(
              ConnectSchema.STRING,
              values,
              raw,
              null,
              ColumnForms.quoted(BigDecimal.ZERO.setScale(digits).toPlainString()));
      case PRECISE ->
          new ColumnForm(
              decimalSchema(digits, Optional.empty()),
              values,
              raw,
              null,
              ColumnForms.quoted("AA=="));
    };
  }

  /** Whatever the currency and its marks, the last digits are the fraction. */
  private BigDecimal amount(String text) {
    StringBuilder number = new StringBuilder();
    text.chars().filter(Character::isDigit).forEach(digit -> number.append((char) digit));
    boolean negative = text.indexOf('-') >= 0 || text.indexOf('(') >= 0;
    BigInteger unscaled = new BigInteger(number.toString());
    return new BigDecimal(negative ? unscaled.negate() : unscaled, options.moneyDigits());
  }
}
