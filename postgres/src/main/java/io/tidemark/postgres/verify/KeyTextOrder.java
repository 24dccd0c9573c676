package io.tidemark.postgres.verify;

import io.tidemark.api.model.Column;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * Compares keys by the server's texts of them, as the server compares the keys themselves. Of the
 * columns that {@link io.tidemark.postgres.snapshot.KeyOrder#isOrdered} names.
 */
final class KeyTextOrder implements Comparator<List<String>> {
  private static final Set<Integer> NUMBERS = Set.of(20, 21, 23);
  private static final Set<Integer> TIMES = Set.of(1082, 1114, 1184);
  private static final String BEFORE_CHRIST = " BC";

  private final int[] types;

  KeyTextOrder(List<Column> key) {
    types = key.stream().mapToInt(Column::typeOid).toArray();
  }

  @Override
  public int compare(List<String> a, List<String> b) {
    for (int i = 0; i < types.length; i++) {
      int order = compare(types[i], a.get(i), b.get(i));
      if (order != 0) {
        return order;
      }
    }
    return 0;
  }

  private static int compare(int type, String a, String b) {
    if (NUMBERS.contains(type)) {
      return Long.compare(Long.parseLong(a), Long.parseLong(b));
    } else if (TIMES.contains(type)) {
      return compareTimes(a, b);
    }
    // texts of collation C, and uuid and bytea, whose hexadecimal digits sort as the bytes do
    return Arrays.compareUnsigned(
        a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
  }

  /** The year by number, for it has four digits or more; the rest has the same width or a point. */
  private static int compareTimes(String a, String b) {
    int order = Long.compare(year(a), year(b));
    return order != 0 ? order : afterYear(a).compareTo(afterYear(b));
  }

  private static long year(String time) {
    return switch (time) {
      case "-infinity" -> Long.MIN_VALUE;
      case "infinity" -> Long.MAX_VALUE;
      default -> {
        long year = Long.parseLong(time.substring(0, time.indexOf('-')));
        yield time.endsWith(BEFORE_CHRIST) ? -year : year;
      }
    };
  }

  private static String afterYear(String time) {
    String rest = time.endsWith("infinity") ? "" : time.substring(time.indexOf('-'));
    return rest.endsWith(BEFORE_CHRIST)
        ? rest.substring(0, rest.length() - BEFORE_CHRIST.length())
        : rest;
  }
}
