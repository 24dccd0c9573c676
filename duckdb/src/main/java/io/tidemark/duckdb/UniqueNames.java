package io.tidemark.duckdb;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/** Gives names out once each, in the eyes of DuckDB, to which {@code Id} and {@code id} are one. */
final class UniqueNames {
  private final Set<String> taken = new HashSet<>();

  /** A name, with a number (and more, should that be taken too) behind it where it is taken. */
  String take(String name, int number) {
    String free = name;
    while (!taken.add(free.toLowerCase(Locale.ROOT))) {
      free += "_" + number;
    }
    return free;
  }
}
