package io.tidemark.engine.pipeline;

import io.tidemark.api.model.TableName;
import java.util.Optional;

/** What a lane tells the run it belongs to, on its own thread. */
interface LaneListener {
  /** An event was taken from the hand-over: there may be room again. */
  void taken();

  /** The lane's tidemark has moved. */
  void committed();

  /** The sink cannot hold a table. */
  void cannotHold(TableName source, String reason);

  /** The name that a table of the source has in the copies; empty where it has none. */
  Optional<TableName> nameInCopy(TableName source);

  /** The lane's thread has ended, well or not. */
  void ended(Lane lane);
}
