package io.tidemark.parquet;

import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.LongVector;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import io.tidemark.api.sink.Commit;
import io.tidemark.api.sink.Sink;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.Staged;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Small tables and rows for tests of the sink. */
final class SinkRows {
  static final long DAY = 86_400_000_000L;
  static final long NOON = 20_000 * DAY + DAY / 2;

  private SinkRows() {}

  static TableSchema table(String name) {
    return new TableSchema(
        TableName.parse(name),
        1,
        1,
        List.of(
            TestTables.column(1, "id", new DataType.Int(64), "bigint"),
            TestTables.column(2, "v", new DataType.Text(), "text")),
        List.of(1),
        ReplicaIdentity.DEFAULT,
        false);
  }

  /** Rows {@code from} to {@code to} (exclusive), each a transaction at LSN {@code 100 + id}. */
  static ChangeBatch rows(TableSchema table, long from, long to) {
    return rows(table, from, to, NOON);
  }

  static ChangeBatch rows(TableSchema table, long from, long to, long committedAt) {
    ChangeBatch batch = new ChangeBatch(table);
    for (long id = from; id < to; id++) {
      batch.addRow(Op.CREATE, 100 + id, 0, id, committedAt);
      ((LongVector) batch.columns().get(0).vector()).add(id);
      ((BytesVector) batch.columns().get(1).vector()).add("v" + id);
    }
    return batch;
  }

  static Position at(long lsn) {
    return Position.of("slot", new Lsn(lsn));
  }

  /** Seals and commits up to a position. */
  static void commit(Sink sink, long lsn, Map<String, Optional<String>> changes)
      throws SinkException {
    List<Staged> staged = sink.seal(at(lsn));
    sink.commit(new Commit(at(lsn), NOON, staged, new TreeMap<>(changes), new TreeMap<>()));
  }

  static void commit(Sink sink, long lsn) throws SinkException {
    commit(sink, lsn, Map.of());
  }
}
