package io.tidemark.api.copy;

import java.util.List;
import java.util.Optional;

/** A part of a source's table that is read by one statement. Keys are PostgreSQL's texts. */
public sealed interface Slice {
  /**
   * Keys in the order of a table that has one, see {@link SourceReader.Table#order}.
   *
   * @param after the last key before it; empty from the beginning
   * @param upTo its last key; empty to the end
   */
  record Range(Optional<List<String>> after, Optional<List<String>> upTo) implements Slice {
    /** All keys. */
    public static final Range ALL = new Range(Optional.empty(), Optional.empty());
  }

  /** Single keys, those that exist. */
  record Keys(List<List<String>> keys) implements Slice {
    public Keys {
      keys = List.copyOf(keys);
    }
  }

  /**
   * Pages as they lie on the source's disk. Rows that are updated meanwhile may move from one slice
   * to another.
   *
   * @param relation as the source wrote it
   * @param from number of the first page
   * @param to number past the last; -1 to the end
   */
  record Pages(String relation, long from, long to) implements Slice {}
}
