package io.tidemark.postgres.stream;

import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.ChangeBatch.Before;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import io.tidemark.postgres.type.ColumnCodec;
import io.tidemark.postgres.type.MalformedValueException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Writes down, as texts, everything that a stream says; every value of every row among it. */
final class Recording implements StreamListener, RelationResolver {
  static final ColumnCodec TEXT = new TextCodec();

  /** What was said, in order; rows are told when their batch is handed over. */
  final List<String> events = new ArrayList<>();

  final Set<String> notCaptured = new HashSet<>();
  final Set<String> notAdmitted = new HashSet<>();
  final Map<String, String> leafOf = new HashMap<>();
  final Map<TableName, TableSchema> schemas = new TreeMap<>();
  long generation;
  long cutAt = Long.MAX_VALUE;

  /** Texts as they come; a text "bad" is none. */
  private static final class TextCodec implements ColumnCodec {
    @Override
    public void binary(byte[] data, int offset, int length, ColumnData out) {
      text(data, offset, length, out);
    }

    @Override
    public void text(byte[] data, int offset, int length, ColumnData out) {
      if (new String(data, offset, Math.min(length, 4), StandardCharsets.UTF_8).equals("bad")) {
        throw new MalformedValueException("not a text.");
      }
      ((BytesVector) out.vector()).add(data, offset, length);
    }
  }

  @Override
  public Optional<Resolved> resolve(Relation relation, Transaction transaction) {
    String root = leafOf.getOrDefault(relation.name(), relation.name());
    events.add("resolve " + relation.name() + columnsOf(relation) + "@" + transaction.commitLsn());
    if (notCaptured.contains(root)) {
      return Optional.empty();
    }
    TableName name = new TableName("public", root);
    TableSchema schema = schemaOf(name, relation);
    TableSchema known = schemas.get(name);
    if (known == null || !known.columns().equals(schema.columns())) {
      schemas.put(name, schema);
    } else {
      schema = known;
    }
    return Optional.of(
        new Resolved(
            schema,
            leafOf.containsKey(relation.name()) ? Optional.of(relation.name()) : Optional.empty(),
            IntStream.range(0, relation.columns().size()).toArray(),
            Collections.nCopies(relation.columns().size(), TEXT)));
  }

  private TableSchema schemaOf(TableName name, Relation relation) {
    List<Column> columns = new ArrayList<>();
    for (Relation.Column column : relation.columns()) {
      columns.add(
          new Column(
              columns.size() + 1,
              column.name(),
              new DataType.Text(),
              "text",
              25,
              -1,
              false,
              false,
              Optional.empty()));
    }
    int version = schemas.containsKey(name) ? schemas.get(name).version() + 1 : 1;
    return new TableSchema(
        name, relation.oid(), version, columns, List.of(1), ReplicaIdentity.DEFAULT, false);
  }

  private static String columnsOf(Relation relation) {
    return relation.columns().stream()
        .map(Relation.Column::name)
        .collect(Collectors.joining(",", "(", ")"));
  }

  @Override
  public long generation() {
    return generation;
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
    notCaptured.add(table.table());
    generation++;
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
  public void keepAlive(long serverEnd) {
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
