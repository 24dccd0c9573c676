package io.tidemark.duckdb.sink;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableSchema;
import io.tidemark.duckdb.ColumnTypes;
import io.tidemark.duckdb.sink.Segment.Ops;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.duckdb.DuckDBAppender;

/**
 * Takes batches of one version of a table's form into a temporary table, which DuckDB keeps in its
 * memory or its temporary folder, compressed or not, as it sees fit. Nobody but this connection can
 * see it, and it goes with the connection.
 */
final class StageTable {
  private final CopyFile file;
  private final String name;
  private final TableSchema schema;

  /** Columns and their types, in the table's order. */
  private final Map<String, String> columns = new LinkedHashMap<>();

  private DuckDBAppender appender;
  private Ops ops = Ops.NONE;
  private long rows;

  StageTable(CopyFile file, String name, TableSchema schema) throws SQLException {
    this.file = file;
    this.name = name;
    this.schema = schema;
    columns.put("_op", "TINYINT");
    columns.put("_lsn", "BIGINT");
    columns.put("_seq", "BIGINT");
    columns.put("_xid", "BIGINT");
    columns.put("_at", "BIGINT");
    schema
        .columns()
        .forEach(column -> columns.put("c" + column.attnum(), ColumnTypes.name(column.type())));
    List<String> defined = new ArrayList<>();
    columns.forEach((column, type) -> defined.add(column + " " + type));
    file.execute("CREATE TEMP TABLE " + name + " (" + String.join(", ", defined) + ")");
  }

  TableSchema schema() {
    return schema;
  }

  long rows() {
    return rows;
  }

  void append(ChangeBatch batch) throws SQLException {
    widen(batch);
    if (appender == null) {
      appender = file.appendTemp(name);
    }
    List<VectorWriter> writers = writers(batch);
    for (int i = 0; i < batch.size(); i++) {
      appender.beginRow();
      appender.append(batch.ops()[i]);
      appender.append(batch.commitLsn(i));
      appender.append(batch.ordinal(i));
      appender.append(batch.xid(i));
      appender.append(batch.committedAt(i));
      for (VectorWriter writer : writers) {
        writer.write(appender, i);
      }
      appender.endRow();
      note(batch, i);
    }
    rows += batch.size();
  }

  private void note(ChangeBatch batch, int i) {
    Op op = batch.op(i);
    boolean truncate = op == Op.TRUNCATE;
    boolean snapshot = op == Op.READ || truncate && batch.xid(i) == 0 && batch.leaf(i) == null;
    boolean ending = op == Op.UPDATE || op == Op.DELETE;
    if (snapshot && !ops.snapshot()
        || !snapshot && !ops.stream()
        || truncate && !ops.truncates()
        || ending && !ops.ending()) {
      ops = ops.and(new Ops(snapshot, !snapshot, truncate, ending));
    }
  }

  /** Adds the columns that this batch is the first to need. */
  private void widen(ChangeBatch batch) throws SQLException {
    Map<String, String> needed = new LinkedHashMap<>();
    if (schema.partitioned()) {
      needed.put(Segment.LEAF, "VARCHAR");
    }
    if (batch.hasBefore()) {
      needed.put(Segment.BEFORE, "TINYINT");
    }
    for (int c = 0; c < schema.columns().size(); c++) {
      int attnum = schema.columns().get(c).attnum();
      ColumnData data = batch.columns().get(c);
      if (data.hasRaw()) {
        needed.put("r" + attnum, "VARCHAR");
      }
      if (data.hasUnchanged()) {
        needed.put("u" + attnum, "BOOLEAN");
      }
      if (batch.hasBefore()) {
        needed.put("o" + attnum, ColumnTypes.name(schema.columns().get(c).type()));
        if (batch.before().get(c).hasRaw()) {
          needed.put("q" + attnum, "VARCHAR");
        }
      }
    }
    needed.keySet().removeAll(columns.keySet());
    if (!needed.isEmpty()) {
      close();
      for (Map.Entry<String, String> column : needed.entrySet()) {
        file.execute(
            "ALTER TABLE " + table() + " ADD COLUMN " + column.getKey() + " " + column.getValue());
      }
      columns.putAll(needed);
    }
  }

  /** One writer for each column behind the first five. */
  private List<VectorWriter> writers(ChangeBatch batch) {
    List<VectorWriter> writers = new ArrayList<>();
    columns.keySet().stream().skip(5).forEach(column -> writers.add(writer(batch, column)));
    return writers;
  }

  private VectorWriter writer(ChangeBatch batch, String column) {
    if (column.equals(Segment.LEAF)) {
      return (to, i) -> text(to, batch.leaf(i));
    } else if (column.equals(Segment.BEFORE)) {
      return (to, i) -> to.append((byte) batch.beforeKind(i).ordinal());
    }
    int at = schema.indexOf(Integer.parseInt(column.substring(1)));
    DataType type = schema.columns().get(at).type();
    ColumnData now = batch.columns().get(at);
    boolean old = column.charAt(0) == 'o' || column.charAt(0) == 'q';
    if (old && !batch.hasBefore()) {
      return (to, i) -> to.appendNull();
    }
    return switch (column.charAt(0)) {
      case 'c' -> VectorWriter.of(type, now.vector());
      case 'r' -> (to, i) -> text(to, now.raw(i));
      case 'u' -> (to, i) -> to.append(now.isUnchanged(i));
      case 'o' -> VectorWriter.of(type, batch.before().get(at).vector());
      default -> (to, i) -> text(to, batch.before().get(at).raw(i));
    };
  }

  private static void text(DuckDBAppender to, String text) throws SQLException {
    if (text == null) {
      to.appendNull();
    } else {
      to.append(text);
    }
  }

  private String table() {
    return "temp.main." + name;
  }

  /** Ends the taking of rows; what was taken can be read. */
  Segment sealed() throws SQLException {
    close();
    return new Segment(table(), TargetForm.of(schema), columns.keySet(), ops);
  }

  private void close() throws SQLException {
    if (appender != null) {
      appender.close();
      appender = null;
    }
  }
}
