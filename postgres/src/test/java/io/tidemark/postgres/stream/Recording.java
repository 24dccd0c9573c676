package io.tidemark.postgres.stream;

import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.ChangeBatch.Before;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.TableName;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Writes down, as texts, everything that a stream says; every value of every row among it. */
final class Recording implements StreamListener, RelationResolver {
  /** What was said, in order; rows are told when their batch is handed over. */
  final List<String> events = new ArrayList<>();

  final Set<String> notAdmitted = new HashSet<>();
  final TextTables tables = new TextTables();
  long cutAt = Long.MAX_VALUE;

  @Override
  public Optional<Resolved> peek(Relation relation) {
    return tables.peek(relation);
  }

  @Override
  public Optional<Resolved> resolve(Relation relation, Transaction transaction) {
    events.add("resolve " + relation.name() + columnsOf(relation) + "@" + transaction.commitLsn());
    return tables.resolve(relation, transaction);
  }

  private static String columnsOf(Relation relation) {
    return relation.columns().stream()
        .map(Relation.Column::name)
        .collect(Collectors.joining(",", "(", ")"));
  }

  @Override
  public long generation() {
    return tables.generation();
  }

  @Override
  public boolean flushBefore(Transaction next) {
    return next.commitLsn() >= cutAt;
  }

  @Override
  public void begin(Transaction transaction) {
    events.add("begin " + transaction.xid() + "@" + transaction.commitLsn());
  }

  @Override
  public boolean admits(TableName table, Transaction transaction) {
    events.add("admits " + table.table() + "@" + transaction.commitLsn());
    return !notAdmitted.contains(table.table());
  }

  @Override
  public void changes(ChangeBatch batch) {
    for (int row = 0; row < batch.size(); row++) {
      events.add(text(batch, row));
    }
  }

  @Override
  public void message(Transaction transaction, long lsn, String prefix, byte[] content) {
    events.add(
        "message "
            + prefix
            + "="
            + new String(content, StandardCharsets.UTF_8)
            + " at "
            + lsn
            + " of "
            + transaction.xid());
  }

  @Override
  public void failed(TableName table, Transaction transaction, String reason) {
    events.add("failed " + table + ": " + reason);
    tables.leaveOut(table.table());
  }

  @Override
  public void commit(Transaction transaction) {
    events.add("commit " + transaction.xid() + "@" + transaction.endLsn());
  }

  @Override
  public void flushed(long endLsn, long committedAt) {
    events.add("flushed " + endLsn);
  }

  @Override
  public void keepAlive(long serverEnd, long serverMicros) {
    events.add("keepAlive " + serverEnd);
  }

  @Override
  public void ended(Optional<Exception> failure) {
    events.add("ended" + failure.map(cause -> ": " + cause.getMessage()).orElse(""));
  }

  /** The events that are rows. */
  List<String> rows() {
    return events.stream().filter(event -> event.startsWith("row ")).toList();
  }

  /** One row: {@code row table.version[leaf] op@commit#ordinal values <- old values}. */
  static String text(ChangeBatch batch, int row) {
    StringBuilder text = new StringBuilder("row ");
    text.append(batch.table().table()).append('.').append(batch.schema().version());
    if (batch.leaf(row) != null) {
      text.append('[').append(batch.leaf(row)).append(']');
    }
    text.append(' ')
        .append((char) batch.op(row).code())
        .append('@')
        .append(batch.commitLsn(row))
        .append('#')
        .append(batch.ordinal(row))
        .append(' ')
        .append(values(batch.columns(), row));
    if (batch.beforeKind(row) != Before.NONE) {
      text.append(" <- ")
          .append(batch.beforeKind(row))
          .append(' ')
          .append(values(batch.before(), row));
    }
    return text.toString();
  }

  private static String values(List<ColumnData> columns, int row) {
    return columns.stream()
        .map(
            column ->
                column.isUnchanged(row)
                    ? "~"
                    : column.vector().isNull(row)
                        ? "null"
                        : ((BytesVector) column.vector()).text(row))
        .collect(Collectors.joining(","));
  }
}
