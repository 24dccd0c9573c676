package io.tidemark.postgres.stream;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableName;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/** Brings the rows of a table's partitions, which came in batches of their own, into one order. */
final class MergedBatches {
  private MergedBatches() {}

  /** A batch, and its first row that was not taken. */
  private static final class Source {
    final ChangeBatch batch;
    int row;

    Source(ChangeBatch batch) {
      this.batch = batch;
    }

    long ordinal() {
      return batch.ordinal(row);
    }
  }

  /** The rows of one transaction, each table's in the order of their ordinals. */
  static List<ChangeBatch> byTable(List<ChangeBatch> batches) {
    Map<TableName, List<ChangeBatch>> tables = new LinkedHashMap<>();
    for (ChangeBatch batch : batches) {
      tables.computeIfAbsent(batch.table(), name -> new ArrayList<>()).add(batch);
    }
    List<ChangeBatch> merged = new ArrayList<>();
    for (List<ChangeBatch> ofTable : tables.values()) {
      merged.addAll(ofTable.size() == 1 ? ofTable : merge(ofTable));
    }
    return merged;
  }

  private static List<ChangeBatch> merge(List<ChangeBatch> batches) {
    PriorityQueue<Source> sources = new PriorityQueue<>(Comparator.comparingLong(Source::ordinal));
    batches.forEach(batch -> sources.add(new Source(batch)));
    List<ChangeBatch> merged = new ArrayList<>();
    ChangeBatch to = null;
    while (!sources.isEmpty()) {
      Source next = sources.poll();
      if (to == null || to.schema() != next.batch.schema()) {
        to = new ChangeBatch(next.batch.schema());
        merged.add(to);
      }
      to.addFrom(next.batch, next.row++);
      if (next.row < next.batch.size()) {
        sources.add(next);
      }
    }
    return merged;
  }
}
