package io.tidemark.postgres.snapshot;

import java.util.List;

/**
 * The copy of one table: its relations, where the rows go, and what is told at the end. The calls
 * come from the worker that finished the last part.
 */
public interface CopyJob extends CopySink {
  /** The relations that hold the table's rows. */
  List<CopyPlan> plans();

  /** What the rows are stamped with. */
  CopyStamp stamp();

  /** Every row has been given. */
  void ended();

  /** The attempt has to begin again. */
  void lost(String reason);

  /** The table cannot be copied. */
  void failed(String reason);
}
