package io.tidemark.api.config;

import java.util.Collection;
import java.util.Comparator;

/** Names the known word that a mistyped one was probably meant to be. */
public final class Suggestion {
  private static final int FARTHEST = 3;

  private Suggestion() {}

  /** {@code . Did you mean 'x'?} where a known word is near, else {@code . Known: a, b, c.} */
  public static String of(String word, Collection<String> known) {
    return known.stream()
        .filter(candidate -> distance(word, candidate) <= FARTHEST)
        .min(Comparator.comparingInt(candidate -> distance(word, candidate)))
        .map(candidate -> ". Did you mean '" + candidate + "'?")
        .orElse(". Known: " + String.join(", ", known) + ".");
  }

  /** Levenshtein's distance. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        row[j] = Math.min(Math.min(row[j] + 1, row[j - 1] + 1), diagonal + change);
        diagonal = above;
      }
    }
    return row[b.length()];
  }
}
