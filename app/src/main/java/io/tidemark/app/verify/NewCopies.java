package io.tidemark.app.verify;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.engine.control.ControlClient;
import io.tidemark.engine.pipeline.PipelineStatus;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/** Has a running pipeline copy tables again, and waits for it. */
final class NewCopies {
  private static final Set<String> COMING =
      Set.of(Phase.WAITING.word(), Phase.COPYING.word(), Phase.CATCHING_UP.word());
  private static final Set<String> OUT =
      Set.of(Phase.PAUSED.word(), Phase.FAILED.word(), Phase.DETACHED.word());
  private static final long PAUSE_MILLIS = 500;

  private final Supplier<ControlClient> running;
  private final Duration begin;

  /**
   * @param running finds the pipeline, or says that it has stopped
   * @param begin how long a copy may take to begin
   */
  NewCopies(Supplier<ControlClient> running, Duration begin) {
    this.running = running;
    this.begin = begin;
  }

  /**
   * Returns when none of the tables is on its way any more.
   *
   * @param tables name at the source to name in the copy
   */
  void make(Map<TableName, TableName> tables) {
    Set<String> names = new TreeSet<>();
    tables.values().forEach(name -> names.add(name.toString()));
    Map<String, Integer> attempts = new HashMap<>();
    ControlClient pipeline = running.get();
    pipeline.status().tables().forEach(table -> attempts.put(table.name(), table.attempt()));
    tables.keySet().forEach(table -> pipeline.recopyTable(table.toString()));
    long deadline = System.nanoTime() + begin.toNanos();
    while (true) {
      List<PipelineStatus.Table> now =
          running.get().status().tables().stream().filter(t -> names.contains(t.name())).toList();
      boolean begun = now.stream().noneMatch(t -> hasNotBegun(t, attempts.get(t.name())));
      if (begun && now.stream().noneMatch(table -> COMING.contains(table.state()))) {
        return;
      }
      if (!begun && System.nanoTime() - deadline > 0) {
        throw new TidemarkException(
            ErrorCode.BUSY,
            "Cannot copy "
                + String.join(", ", names)
                + " again: the copy has not begun. Look at the pipeline's status.");
      }
      LiveSides.rest(PAUSE_MILLIS);
    }
  }

  private static boolean hasNotBegun(PipelineStatus.Table table, int attempt) {
    return table.attempt() <= attempt && !OUT.contains(table.state());
  }
}
