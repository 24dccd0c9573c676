package io.tidemark.engine.verify;

import io.tidemark.api.copy.SourceReader;
import io.tidemark.api.error.TidemarkException;
import java.time.Duration;
import java.util.Optional;

/** Opens both sides of a comparison. */
public interface Sides {
  /** The source as it is. */
  SourceReader source();

  /** The copy at a recent tidemark. */
  CopySide copy();

  /**
   * Both sides at one position.
   *
   * @return empty where no pipeline runs that could bring the copy there
   * @throws TidemarkException when the source does not give a position in time, with whom it waits
   *     for
   */
  Optional<Joint> joint();

  /** Both sides at one position: the source under a snapshot, the copy with just its commits. */
  interface Joint extends AutoCloseable {
    /** The source under the snapshot. */
    SourceReader source();

    /** The copy at the position. */
    CopySide copy();

    /** The position, as PostgreSQL writes it. */
    String position();

    /** Lets the snapshot go; the copy can still be read. */
    void release();

    /** How long the snapshot has held back vacuum at the source. */
    Duration held();

    @Override
    void close();
  }
}
