package io.tidemark.engine.pipeline;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableName;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.SinkException.RowsRejected;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Rows that a sink took and could not apply. When they come again they are rejected before they
 * reach it. A row is known by its place in the log, which is the same each time it is read.
 */
final class RejectedRows {
  private record Place(TableName table, long commitLsn, long ordinal) {}

  private final Map<Place, SinkException.Rejected> reasons = new ConcurrentHashMap<>();

  void add(Collection<RowsRejected.Row> rows) {
    rows.forEach(
        row ->
            reasons.put(new Place(row.why().table(), row.commitLsn(), row.ordinal()), row.why()));
  }

  /** Forgets the rows of transactions that committed below a place. */
  void forgetBelow(long lsn) {
    reasons.keySet().removeIf(place -> Long.compareUnsigned(place.commitLsn(), lsn) < 0);
  }

  /** Why the first of these rows that is known is rejected; empty where none is. */
  Optional<SinkException.Rejected> first(ChangeBatch rows) {
    if (reasons.isEmpty()) {
      return Optional.empty();
    }
    for (int i = 0; i < rows.size(); i++) {
      SinkException.Rejected reason =
          rows.xid(i) == 0
              ? null
              : reasons.get(new Place(rows.table(), rows.commitLsn(i), rows.ordinal(i)));
      if (reason != null) {
        return Optional.of(reason);
      }
    }
    return Optional.empty();
  }
}
