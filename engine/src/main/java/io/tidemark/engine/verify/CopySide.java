package io.tidemark.engine.verify;

import io.tidemark.api.copy.CopiedTable;
import io.tidemark.api.copy.CopyReader;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A copy as of one tidemark. */
public interface CopySide extends AutoCloseable {
  /** Its rows. */
  CopyReader reader();

  /** Every table that the pipeline knows, those that it leaves out too. */
  List<Subject> subjects();

  @Override
  void close();

  /**
   * A table of the pipeline.
   *
   * @param source its name at the source
   * @param form its form as the source gave it last
   * @param copied its place in the copy; empty where the pipeline leaves the table out
   * @param excepted why it is not promised to be equal; empty for a member
   * @param parked what of it waits as dead letters
   */
  record Subject(
      TableName source,
      TableSchema form,
      Optional<CopiedTable> copied,
      Optional<String> excepted,
      Parked parked) {}

  /**
   * Rows that a sink did not take.
   *
   * @param letters how many
   * @param keys their keys in the copy; of a table without a key there are none, and all of it is
   *     parked
   */
  record Parked(long letters, Set<List<String>> keys) {
    /** None. */
    public static final Parked NOTHING = new Parked(0, Set.of());

    boolean holds(List<String> key) {
      return letters > 0 && (keys.isEmpty() || keys.contains(key));
    }
  }
}
