package io.tidemark.engine.pipeline;

import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.api.source.SourceEvent;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Which tables' rows a lane takes. A table that the sink has refused stays out until a new copy of
 * it begins, whatever the source says that had not heard of it yet. Names are those of the source.
 */
final class TableGate {
  /** Tables whose copy attempt began in this run. */
  private final Set<TableName> copying = new HashSet<>();

  /** Tables that the sink could not hold, and the attempt at which that was. */
  private final Map<TableName, Integer> refused = new HashMap<>();

  void refuse(TableName table, int attempt) {
    refused.put(table, attempt);
  }

  boolean isRefused(TableName table) {
    return refused.containsKey(table);
  }

  boolean copyBegan(TableName table) {
    return copying.contains(table);
  }

  /** Follows a table's life; false when what was said no longer holds for this lane. */
  boolean follows(SourceEvent.TableChange change) {
    TableState next = change.state();
    if (next.phase() == Phase.COPYING) {
      copying.add(change.table());
    }
    Integer refusedAt = refused.get(change.table());
    if (refusedAt == null) {
      return true;
    }
    boolean inCopy = next.phase().compareTo(Phase.MEMBER) <= 0;
    boolean again = next.phase() == Phase.WAITING || inCopy && next.attempt() > refusedAt;
    if (again) {
      refused.remove(change.table());
    }
    return again || !inCopy;
  }
}
