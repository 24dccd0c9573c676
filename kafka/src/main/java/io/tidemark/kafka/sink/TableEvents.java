package io.tidemark.kafka.sink;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableSchema;
import io.tidemark.kafka.sink.Event.KeyChange;
import io.tidemark.kafka.sink.Event.Part;
import io.tidemark.kafka.sink.Event.Route;
import io.tidemark.kafka.sink.ValueForm.UnfitValue;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Writes the rows of one version of a table's form as Debezium's events, in JSON. What is the same
 * in all of them is written once.
 */
final class TableEvents {
  private static final byte[] END = {'}'};
  private static final byte[] SOURCE_END =
      ColumnForms.json(",\"xmin\":null,\"origin\":null,\"origin_lsn\":null},");

  /** A row that no record can say; the message says which column and why. */
  static final class UnfitRow extends Exception {
    private static final long serialVersionUID = 1L;

    UnfitRow(String reason, Throwable cause) {
      super(reason, cause);
    }
  }

  private final TableSchema table;
  private final EventFormat format;
  private final List<ColumnForm> forms = new ArrayList<>();

  /** Each column's name and colon, with the comma before it. */
  private final List<byte[]> names = new ArrayList<>();

  private final int[] key;
  private final byte[] keyBegin;
  private final byte[] valueBegin;
  private final byte[] end;
  private final byte[] sourceBegin;
  private final byte[] sourceMiddle;
  private final byte[] sourceTable;
  private final JsonBuffer out = new JsonBuffer();
  private TransactionOrders orders;

  TableEvents(TableSchema table, EventFormat format) {
    this.table = table;
    this.format = format;
    ColumnForms types = new ColumnForms(format.values());
    for (Column column : table.columns()) {
      String comma = names.isEmpty() ? "" : ",";
      ColumnForm form = types.of(column);
      boolean isKey = table.key().contains(column.attnum());
      forms.add(isKey ? form.asOptional(false) : form);
      names.add(
          ColumnForms.json(
              comma + new String(ColumnForms.quoted(column.name()), StandardCharsets.UTF_8) + ":"));
    }
    key = table.key().stream().mapToInt(table::indexOf).toArray();
    String name = format.names().debezium(table.name());
    keyBegin = begin(EnvelopeSchema.key(table, forms, name));
    valueBegin = begin(EnvelopeSchema.envelope(table, forms, name));
    end = format.schemas() ? END : new byte[0];
    sourceBegin = sourceBegin();
    sourceMiddle = ColumnForms.json(",\"snapshot\":");
    sourceTable = sourceTable();
  }

  private byte[] begin(ConnectSchema schema) {
    return format.schemas()
        ? ColumnForms.json("{\"schema\":" + schema.json() + ",\"payload\":")
        : new byte[0];
  }

  private byte[] sourceBegin() {
    JsonBuffer to = new JsonBuffer().put('{');
    ColumnForms.field(to, "version").string(format.version()).put(',');
    ColumnForms.field(to, "connector").plain("postgresql").put(',');
    ColumnForms.field(to, "name").string(format.names().prefix()).put(',');
    return ColumnForms.field(to, "ts_ms").bytes();
  }

  private byte[] sourceTable() {
    JsonBuffer to = new JsonBuffer();
    ColumnForms.field(to.put(','), "schema").string(table.name().schema()).put(',');
    ColumnForms.field(to, "table").string(table.name().table()).put(',');
    return ColumnForms.field(to, "txId").bytes();
  }

  /** The form of the table that is written. */
  TableSchema table() {
    return table;
  }

  /**
   * Writes all rows of a batch.
   *
   * @param counts counts the events of transactions; null where nobody asks for that
   */
  void write(ChangeBatch batch, TransactionOrders counts, Consumer<Event> to) throws UnfitRow {
    orders = counts;
    Instant now = Instant.now();
    long micros = now.getEpochSecond() * 1_000_000 + now.getNano() / 1000;
    for (int i = 0; i < batch.size(); i++) {
      row(batch, i, micros, to);
    }
  }

  private void row(ChangeBatch batch, int i, long now, Consumer<Event> to) throws UnfitRow {
    switch (batch.op(i)) {
      case READ, CREATE ->
          to.accept(
              event(
                  batch,
                  i,
                  key(batch.columns(), i),
                  value(batch, i, now, Shape.NEW),
                  KeyChange.NONE));
      case UPDATE -> update(batch, i, now, to);
      case DELETE -> {
        byte[] old = key(batch.columns(), i);
        to.accept(event(batch, i, old, value(batch, i, now, Shape.DELETED), KeyChange.NONE));
        tombstone(batch, i, old, KeyChange.NONE, to);
      }
      case TRUNCATE -> truncate(batch, i, now, to);
    }
  }

  private void truncate(ChangeBatch batch, int i, long now, Consumer<Event> to) throws UnfitRow {
    if (!format.truncates()) {
      return;
    }
    boolean beginsCopy = batch.xid(i) == 0;
    if (batch.leaf(i) != null && beginsCopy && key.length > 0) {
      return; // the rows that follow replace those of the same keys
    }
    if (batch.leaf(i) != null) {
      throw new UnfitRow(
          "a TRUNCATE of the partition "
              + batch.leaf(i)
              + " alone has no form in Debezium's events. Copy the table again",
          null);
    }
    byte[] value = value(batch, i, now, Shape.NONE);
    to.accept(
        new Event(
            table.name(),
            Route.EVERY,
            beginsCopy ? Part.ATTEMPT : Part.STREAM,
            batch.commitLsn(i),
            batch.ordinal(i),
            null,
            value,
            KeyChange.NONE));
  }

  /** An update of the key is a delete and an insert, each with the other's key in a header. */
  private void update(ChangeBatch batch, int i, long now, Consumer<Event> to) throws UnfitRow {
    byte[] young = key(batch.columns(), i);
    ChangeBatch.Before before = batch.beforeKind(i);
    byte[] old = before == ChangeBatch.Before.NONE ? young : key(batch.before(), i);
    if (young == null || Arrays.equals(old, young)) {
      boolean full = before == ChangeBatch.Before.FULL;
      byte[] value = value(batch, i, now, full ? Shape.CHANGED : Shape.NEW);
      to.accept(event(batch, i, young, value, KeyChange.NONE));
      return;
    }
    KeyChange gone = new KeyChange(KeyChange.NEW, young);
    to.accept(event(batch, i, old, value(batch, i, now, Shape.LEFT), gone));
    tombstone(batch, i, old, gone, to);
    KeyChange come = new KeyChange(KeyChange.OLD, old);
    to.accept(event(batch, i, young, value(batch, i, now, Shape.ARRIVED), come));
  }

  private void tombstone(
      ChangeBatch batch, int i, byte[] old, KeyChange headers, Consumer<Event> to) {
    if (format.tombstones() && old != null) {
      to.accept(event(batch, i, old, null, headers));
    }
  }

  private Event event(ChangeBatch batch, int i, byte[] keyBytes, byte[] value, KeyChange headers) {
    return new Event(
        table.name(),
        keyBytes == null ? Route.FIRST : Route.KEY,
        batch.op(i) == Op.READ ? Part.COPY : Part.STREAM,
        batch.commitLsn(i),
        batch.ordinal(i),
        keyBytes,
        value,
        headers);
  }

  private byte[] key(List<ColumnData> columns, int i) throws UnfitRow {
    if (key.length == 0) {
      return null;
    }
    out.clear();
    out.put(keyBegin).put('{');
    for (int k = 0; k < key.length; k++) {
      if (k > 0) {
        out.put(',');
      }
      out.string(table.columns().get(key[k]).name()).put(':');
      cell(columns.get(key[k]), key[k], i, false);
    }
    return out.put('}').put(end).bytes();
  }

  /** Which rows an envelope holds, and what it says happened. */
  private enum Shape {
    NEW,
    CHANGED,
    DELETED,
    LEFT,
    ARRIVED,
    NONE
  }

  private byte[] value(ChangeBatch batch, int i, long now, Shape shape) throws UnfitRow {
    out.clear();
    ColumnForms.field(out.put(valueBegin).put('{'), "before");
    switch (shape) {
      case CHANGED, LEFT -> oldRow(batch.before(), i);
      case DELETED -> oldRow(batch.columns(), i);
      default -> out.ofNull();
    }
    ColumnForms.field(out.put(','), "after");
    switch (shape) {
      case NEW, CHANGED, ARRIVED -> newRow(batch, i);
      default -> out.ofNull();
    }
    source(batch, i);
    transaction(batch, i);
    char op =
        switch (shape) {
          case LEFT -> 'd';
          case ARRIVED -> 'c';
          default -> (char) batch.op(i).code();
        };
    ColumnForms.field(out, "op").put('"').put(op).put('"').put(',');
    ColumnForms.field(out, "ts_ms").number(now / 1000).put(',');
    ColumnForms.field(out, "ts_us").number(now).put(',');
    return ColumnForms.field(out, "ts_ns").number(now * 1000).put('}').put(end).bytes();
  }

  private void oldRow(List<ColumnData> columns, int i) throws UnfitRow {
    out.put('{');
    for (int c = 0; c < names.size(); c++) {
      out.put(names.get(c));
      cell(columns.get(c), c, i, true);
    }
    out.put('}');
  }

  private void newRow(ChangeBatch batch, int i) throws UnfitRow {
    boolean full = batch.beforeKind(i) == ChangeBatch.Before.FULL;
    out.put('{');
    for (int c = 0; c < names.size(); c++) {
      out.put(names.get(c));
      ColumnData column = batch.columns().get(c);
      cell(full && column.isUnchanged(i) ? batch.before().get(c) : column, c, i, false);
    }
    out.put('}');
  }

  private void cell(ColumnData column, int c, int i, boolean old) throws UnfitRow {
    try {
      if (old) {
        forms.get(c).writeOld(out, column, i);
      } else {
        forms.get(c).write(out, column, i);
      }
    } catch (UnfitValue | IllegalArgumentException | ArithmeticException | DateTimeException e) {
      Column of = table.columns().get(c);
      throw new UnfitRow(
          "column " + of.name() + " (" + of.pgType() + ") cannot be written: " + e.getMessage(), e);
    }
  }

  private void source(ChangeBatch batch, int i) {
    long micros = batch.committedAt(i);
    long lsn = batch.commitLsn(i);
    ColumnForms.field(out.put(','), "source").put(sourceBegin);
    out.number(Math.floorDiv(micros, 1000)).put(sourceMiddle);
    out.plain(batch.xid(i) == 0 ? "true" : "false").put(',');
    ColumnForms.field(out, "db").string(format.names().database()).put(',');
    out.plain("sequence").put(':').put('"').put('[').put('\\').put('"').number(lsn);
    out.put('\\').put('"').put(',').put('\\').put('"').number(batch.ordinal(i));
    out.put('\\').put('"').put(']').put('"').put(',');
    ColumnForms.field(out, "ts_us").number(micros).put(',');
    ColumnForms.field(out, "ts_ns").number(micros * 1000).put(sourceTable);
    if (batch.xid(i) == 0) {
      out.ofNull();
    } else {
      out.number(batch.xid(i));
    }
    ColumnForms.field(out.put(','), "lsn").number(lsn).put(SOURCE_END);
  }

  private void transaction(ChangeBatch batch, int i) {
    ColumnForms.field(out, "transaction");
    if (orders == null || batch.xid(i) == 0) {
      out.ofNull().put(',');
      return;
    }
    long order = orders.next(table.name(), batch, i);
    ColumnForms.field(out.put('{'), "id").plain(TransactionOrders.id(batch, i)).put(',');
    ColumnForms.field(out, "total_order").number(batch.ordinal(i) + 1).put(',');
    ColumnForms.field(out, "data_collection_order").number(order).put('}').put(',');
  }
}
