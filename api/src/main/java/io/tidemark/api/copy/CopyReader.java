package io.tidemark.api.copy;

import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * Reads a copy back: what is there, and the rows of a key range as of one tidemark. Used by
 * queries, tests and verification, so it goes through what a user's reader would see, never through
 * what the writer remembers.
 *
 * <p>A reader is fixed to one tidemark when it is opened and does not follow the writer; it works
 * while the writer writes. One thread at a time.
 */
public interface CopyReader extends AutoCloseable {
  /** The tidemark this reader sees. */
  Position tidemark();

  /** Every table of the copy, with its state at the tidemark. */
  List<CopiedTable> tables();

  /**
   * Current rows of a table in the order of its key; of a table without a key in any order, equal
   * rows repeated.
   *
   * @param range which keys
   * @return rows as PostgreSQL's text of each column, null for null, in the order of the schema's
   *     columns
   */
  Iterator<List<String>> rows(TableName table, KeyRange range);

  /**
   * Current rows of single keys, those that exist, in any order, without reading the others where
   * the destination can. There may be more rows than were asked for: the destination may take keys
   * for equal whose texts are not, so the caller looks at the key of each.
   *
   * @param table has a key
   * @param keys PostgreSQL's texts of the key's columns, in the key's order
   * @return rows as {@link #rows} gives them
   */
  Iterator<List<String>> lookUp(TableName table, List<List<String>> keys);

  @Override
  void close();

  /**
   * A range of keys, compared as the source compares them.
   *
   * @param from PostgreSQL's text of the first key's columns; empty from the beginning
   * @param to the first key past the range; empty to the end
   */
  record KeyRange(Optional<List<String>> from, Optional<List<String>> to) {
    /** All rows. */
    public static final KeyRange ALL = new KeyRange(Optional.empty(), Optional.empty());
  }
}
