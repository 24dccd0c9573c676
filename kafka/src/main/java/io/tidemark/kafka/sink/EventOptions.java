package io.tidemark.kafka.sink;

/**
 * How values are written, in the words of Debezium's options.
 *
 * @param decimals {@code decimal.handling.mode}
 * @param times {@code time.precision.mode}
 * @param binaries {@code binary.handling.mode}
 * @param intervals {@code interval.handling.mode}
 * @param hstores {@code hstore.handling.mode}
 * @param placeholder {@code unavailable.value.placeholder}
 * @param moneyDigits {@code money.fraction.digits}
 */
record EventOptions(
    Decimals decimals,
    Times times,
    Binaries binaries,
    Intervals intervals,
    Hstores hstores,
    String placeholder,
    int moneyDigits) {
  static final EventOptions STANDARD =
      new EventOptions(
          Decimals.PRECISE,
          Times.ADAPTIVE,
          Binaries.BYTES,
          Intervals.NUMERIC,
          Hstores.JSON,
          "__debezium_unavailable_value",
          2);

  enum Decimals {
    PRECISE,
    DOUBLE,
    STRING
  }

  enum Times {
    ADAPTIVE,
    ADAPTIVE_TIME_MICROSECONDS,
    CONNECT,
    MICROSECONDS,
    NANOSECONDS
  }

  enum Binaries {
    BYTES,
    BASE64,
    BASE64_URL_SAFE,
    HEX
  }

  enum Intervals {
    NUMERIC,
    STRING
  }

  enum Hstores {
    JSON,
    MAP
  }
}
