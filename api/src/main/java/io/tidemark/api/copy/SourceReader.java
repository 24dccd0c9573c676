package io.tidemark.api.copy;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableSchema;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Reads a source's tables for a comparison with a copy, past everything that the capture uses.
 * Either every statement sees the present, or all see one snapshot. One thread at a time.
 *
 * <p>Every method may throw {@link TidemarkException}: SOURCE_UNREACHABLE when the connection is
 * lost, LIMIT_EXCEEDED when a statement took longer than it may, QUERY for what the source says
 * against a table.
 */
public interface SourceReader extends AutoCloseable {
  /**
   * Makes a table ready to be read.
   *
   * @param form as the source gave it to the copy
   * @param columns attribute numbers of the columns that digests are made of, in their order
   * @return empty where the source has the table no more
   */
  Optional<Table> table(TableSchema form, List<Integer> columns);

  /** What was asked of the source so far. */
  Load load();

  @Override
  void close();

  /**
   * What reading has cost the source.
   *
   * @param statements how many
   * @param rows rows that they read
   * @param millis how long they took together
   */
  record Load(long statements, long rows, long millis) {}

  /**
   * Where changes stand that mend a copy.
   *
   * @param position the rows count as of here; they lie just below it, above every commit before
   * @param firstOrdinal that of the first of them
   * @param atMicros when they were read, microseconds since 1970 UTC
   */
  record Stamp(Lsn position, long firstOrdinal, long atMicros) {}

  /** A table of the source. */
  interface Table {
    /** Attribute numbers of the form that the table still has. */
    Set<Integer> attributes();

    /** Names of columns that were added after the form. */
    List<String> added();

    /**
     * The order of keys that {@link Slice.Range} means, if it can be told outside of the source,
     * and ranges can be read without reading the whole table.
     */
    Optional<Comparator<List<String>>> order();

    /** The key of the {@code rows}-th row of a range; empty where it has fewer. */
    Optional<List<String>> bound(Slice.Range range, int rows);

    /** Slices that together are the whole table. */
    List<Slice.Pages> pages();

    /** The digest of a slice. */
    Digest digest(Slice slice);

    /**
     * The digests of the parts of a slice, see {@link Digest#part}.
     *
     * @param parts a power of two
     */
    Map<Integer, Digest> digests(Slice slice, int parts);

    /** Gives key and digest of each row of a slice of a table with a key. */
    void marks(Slice slice, BiConsumer<List<String>, Digest> to);

    /**
     * Gives rows as PostgreSQL's texts, in the order of the form's columns, null also for columns
     * that the source has no more.
     */
    void rows(Slice slice, Consumer<List<String>> to);

    /**
     * Gives the rows of a slice that belong to some of its parts.
     *
     * @param parts a power of two
     */
    void rows(Slice slice, int parts, Set<Integer> wanted, Consumer<List<String>> to);

    /**
     * Rows as a copy would have got them from the source: READ, with their places in the list as
     * ordinals.
     */
    ChangeBatch batch(List<List<String>> rows);

    /**
     * Changes after which a copy has of some keys what the source has: first a DELETE for each that
     * it has not, then an UPDATE with every value for each that it has. They belong to no
     * transaction: their transaction id is 0.
     *
     * @param keys of a table with a key, each once
     */
    ChangeBatch rewrite(List<List<String>> keys, Stamp stamp);
  }
}
