package io.tidemark.postgres;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;

/** What the source waits for or retries, in words for its user. Any thread. */
final class Problems {
  private final Map<String, String> byMatter = new ConcurrentSkipListMap<>();

  /** Says what is the matter; replaces what was said of the same matter before. */
  void say(String matter, String text) {
    byMatter.put(matter, text);
  }

  /** The matter is settled. */
  void clear(String matter) {
    byMatter.remove(matter);
  }

  Optional<String> text() {
    return byMatter.isEmpty() ? Optional.empty() : Optional.of(String.join(" ", byMatter.values()));
  }
}
