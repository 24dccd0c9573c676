package io.tidemark.duckdb.sink;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.TableName;
import io.tidemark.duckdb.sink.Segment.Ops;
import io.tidemark.duckdb.sink.TargetForm.Part;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Brings the tables of the file to a commit, within its transaction: forms first as the changes
 * need them, then rows, then the newest form.
 */
final class CopyTables {
  private final CopyFile file;
  private final FormStore store;
  private final Journal journal;

  /** Forms of everything in the file, as of this transaction. */
  private final Map<String, TargetForm> forms;

  private CopyTables(CopyFile file, FormStore store, Map<String, TargetForm> forms) {
    this.file = file;
    this.store = store;
    this.forms = forms;
    this.journal = new Journal(file, store);
  }

  /** Begins with what the last transaction left. */
  static CopyTables begin(CopyFile file, FormStore store, Map<String, TargetForm> forms) {
    return new CopyTables(file, store, new LinkedHashMap<>(forms));
  }

  /** Forms of everything in the file, once the transaction is committed. */
  Map<String, TargetForm> forms() {
    return forms;
  }

  /** Gives a table a form of the source's, though no row needs it. */
  void prepare(TableName table, TargetForm newest) throws SQLException {
    TargetForm now = forms.get(table.toString());
    if (now == null || now.version() < newest.version() || !now.equals(keepingRaw(newest, now))) {
      evolve(table, newest);
    }
  }

  /**
   * Takes changes of a table that is still being copied: the snapshot's now, the stream's later.
   */
  void copy(TableName table, List<Segment> segments) throws SQLException {
    String owner = table.toString();
    for (Segment segment : segments) {
      if (segment.ops().stream()) {
        journal.add(owner, segment, forms);
      }
    }
    for (Segment segment : segments) {
      if (segment.ops().snapshot() && segment.ops().truncates()) {
        String begun =
            file.query(
                    "SELECT max("
                        + ChangesView.position()
                        + ")::VARCHAR FROM "
                        + segment.table()
                        + " WHERE _op = 116 AND _xid = 0"
                        + (segment.has(Segment.LEAF) ? " AND _leaf IS NULL" : ""),
                    row -> String.valueOf(row.getString(1)))
                .get(0);
        if (!begun.equals("null")) {
          journal.removeBefore(begun, owner, forms);
        }
      }
    }
    applyEach(
        table, segments.stream().filter(segment -> segment.ops().snapshot()).toList(), "snap");
  }

  /** Applies changes of a table, and before them what waited for its copy. */
  void apply(TableName table, List<Segment> segments) throws SQLException {
    List<Segment> all = new ArrayList<>(journal.of(table.toString(), forms));
    all.addAll(segments);
    applyEach(table, all, "true");
    journal.clear(table.toString(), forms);
  }

  /** The tables of which rows wait for their copy. */
  Set<String> waiting() {
    return Journal.owners(forms);
  }

  /** Applies runs of segments that tell rows apart by the same key, one run after another. */
  private void applyEach(TableName table, List<Segment> segments, String which)
      throws SQLException {
    int from = 0;
    for (int to = 1; to <= segments.size(); to++) {
      if (to == segments.size()
          || !segments.get(to).form().key().equals(segments.get(from).form().key())) {
        applyRun(table, segments.subList(from, to), which);
        from = to;
      }
    }
  }

  private void applyRun(TableName table, List<Segment> run, String which) throws SQLException {
    TreeSet<Integer> raw = new TreeSet<>();
    for (Segment segment : run) {
      for (Part part : segment.form().columns()) {
        if (segment.has("r" + part.attnum()) || segment.has("q" + part.attnum())) {
          raw.add(part.attnum());
        }
      }
    }
    TargetForm last = run.get(run.size() - 1).form();
    TargetForm now = forms.get(table.toString());
    TargetForm wanted = now == null || now.version() <= last.version() ? last : now;
    evolve(table, keepingRaw(wanted, now).withRawAt(raw));
    TargetForm form = forms.get(table.toString()).withKey(last.key());
    for (int attnum : form.key()) {
      if (form.part(attnum).isEmpty()) {
        throw new TidemarkException(
            ErrorCode.DESTINATION_CHANGED,
            "Cannot apply changes to "
                + table
                + ": a column of its key was dropped while it was copied. Copy the table again.");
      }
    }
    file.execute(new ChangesView(form, run).sql());
    Ops ops = run.stream().map(Segment::ops).reduce(Ops.NONE, Ops::and);
    new CurrentTable(file, sql(table), form, ops, which).apply();
  }

  private void evolve(TableName table, TargetForm wanted) throws SQLException {
    TargetForm now = forms.get(table.toString());
    TargetForm next = keepingRaw(wanted, now);
    if (next.equals(now)) {
      return;
    }
    Evolution evolution = new Evolution(file, sql(table));
    if (now == null) {
      evolution.create(file.schemaName(table.schema()), next);
    } else {
      evolution.change(now, next);
    }
    store.save(table.toString(), next);
    forms.put(table.toString(), next);
  }

  private static TargetForm keepingRaw(TargetForm form, TargetForm before) {
    TreeSet<Integer> raw = new TreeSet<>();
    if (before != null) {
      before.columns().stream().filter(Part::raw).forEach(part -> raw.add(part.attnum()));
    }
    return form.withRawAt(raw);
  }

  private String sql(TableName table) {
    return file.name(table.schema(), table.table());
  }
}
