package io.tidemark.snowflake;

import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Position;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Positions, times and lists as statements carry them. */
final class Places {
  /** Rows of one statement, far below what a statement may have. */
  private static final int SLICE = 200;

  private Places() {}

  /** A position as text: {@code slot=LSN}, joined by {@code &}. */
  static String text(Position position) {
    return position.parts().entrySet().stream()
        .map(
            part ->
                URLEncoder.encode(part.getKey(), StandardCharsets.UTF_8)
                    + "="
                    + new Lsn(part.getValue()))
        .collect(Collectors.joining("&"));
  }

  /** What {@link #text} has written. */
  static Position position(String text) {
    TreeMap<String, Long> parts = new TreeMap<>();
    for (String part : text.isEmpty() ? new String[0] : text.split("&")) {
      String[] pair = part.split("=");
      parts.put(URLDecoder.decode(pair[0], StandardCharsets.UTF_8), Lsn.parse(pair[1]).value());
    }
    return new Position(parts);
  }

  /** A time in SQL. */
  static String instant(long micros) {
    String text = Instant.EPOCH.plus(micros, ChronoUnit.MICROS).toString();
    return "CAST(" + SqlText.value(text.replace("Z", "+00:00")) + " AS TIMESTAMP_TZ(6))";
  }

  static <T> List<List<T>> slices(List<T> all) {
    List<List<T>> slices = new ArrayList<>();
    for (int from = 0; from < all.size(); from += SLICE) {
      slices.add(all.subList(from, Math.min(all.size(), from + SLICE)));
    }
    return slices;
  }
}
