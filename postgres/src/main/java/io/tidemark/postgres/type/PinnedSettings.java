package io.tidemark.postgres.type;

import java.util.List;

/**
 * The session settings that leak into the text of values. Every connection whose values come to a
 * {@link ColumnCodec} (COPY and replication) must set them once it is connected: the driver sets
 * TimeZone to the zone of this machine at start-up, so options given before do not hold.
 *
 * <p>{@code lc_monetary} is left to the database on purpose: it decides where the decimal point of
 * a {@code money} value stands, so another one would change what the value means. Values of type
 * money therefore always travel as the server's text.
 */
public final class PinnedSettings {
  private static final List<String> STATEMENTS =
      List.of(
          "SET DateStyle = 'ISO, MDY'",
          "SET IntervalStyle = 'postgres'",
          "SET TimeZone = 'UTC'",
          "SET extra_float_digits = 1",
          "SET bytea_output = 'hex'",
          "SET quote_all_identifiers = off",
          "SET search_path = 'pg_catalog'");

  private PinnedSettings() {}

  /**
   * The statements, in order. They hold for the session; a replication connection takes them too.
   */
  public static List<String> statements() {
    return STATEMENTS;
  }
}
