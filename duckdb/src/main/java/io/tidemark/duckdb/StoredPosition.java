package io.tidemark.duckdb;

import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Position;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A position in a DuckDB file: a MAP of partitions to places, both as texts. */
public final class StoredPosition {
  private StoredPosition() {}

  /** The SQL of the value. */
  public static String sql(Position position) {
    return position.parts().entrySet().stream()
        .map(
            part ->
                SqlText.value(part.getKey())
                    + ": "
                    + SqlText.value(new Lsn(part.getValue()).toString()))
        .collect(Collectors.joining(", ", "MAP {", "}"));
  }

  /** The position that a value stands for, as the driver gives it. */
  public static Position read(Object value) {
    TreeMap<String, Long> places = new TreeMap<>();
    ((Map<?, ?>) value)
        .forEach((slot, lsn) -> places.put((String) slot, Lsn.parse((String) lsn).value()));
    return new Position(places);
  }
}
