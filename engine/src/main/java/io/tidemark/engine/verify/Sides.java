package io.tidemark.engine.verify;

import io.tidemark.api.copy.SourceReader;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import java.time.Duration;
import java.util.Map;
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

  /** Whether the copy keeps every change, and not only the rows that are left. */
  boolean keepsHistory();

  /** Whether a pipeline runs that can be repaired through. */
  boolean isRunning();

  /**
   * Like {@link #joint}, and the pipeline stays there until it is closed, some minutes at most.
   *
   * @throws TidemarkException as {@link #joint}; BUSY where no pipeline runs
   */
  Standstill standstill();

  /**
   * Has tables copied again, and waits until none of them is being copied.
   *
   * @param tables name at the source to name in the copy
   */
  void copyAgain(Map<TableName, TableName> tables);

  /** Both sides at one position at which the pipeline stays. */
  interface Standstill extends Joint {
    /** When the position was fixed, microseconds since 1970 UTC. */
    long atMicros();

    /**
     * Gives the copy changes that lie just below the position, and waits until they are committed.
     * The copy that is open here does not show them.
     */
    void rewrite(ChangeBatch changes);
  }

  /** Both sides at one position: the source under a snapshot, the copy with just its commits. */
  interface Joint extends AutoCloseable {
    /** The source under the snapshot. */
    SourceReader source();

    /** The copy at the position. */
    CopySide copy();

    /** The position. */
    Lsn position();

    /** Lets the snapshot go; the copy can still be read. */
    void release();

    /** How long the snapshot has held back vacuum at the source. */
    Duration held();

    @Override
    void close();
  }
}
