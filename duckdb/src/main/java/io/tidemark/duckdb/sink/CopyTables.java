package io.tidemark.duckdb.sink;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.TableName;
import io.tidemark.duckdb.sink.Segment.Ops;
import io.tidemark.duckdb.sink.TargetForm.Part;
import java.math.BigInteger;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

  /**
   * Gives a table a form of the source's, though no row needs it. A dead letter may come under a
   * form that the table has left behind: then it keeps its own.
   */
  void prepare(TableName table, TargetForm newest) throws SQLException {
    TargetForm now = forms.get(table.toString());
    if (now == null || now.version() <= newest.version()) {
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
        journal.add(owner, segment, "NOT " + ChangesView.ofSnapshot(segment), forms);
      }
    }
    Optional<BigInteger> begun = lastAttempt(segments);
    if (begun.isPresent()) {
      journal.removeBefore(begun.get(), owner, forms);
    }
    applyEach(
        table, segments.stream().filter(segment -> segment.ops().snapshot()).toList(), "snap");
  }

  /**
   * Takes changes of a table that catches up, all for later: rows of a partition's snapshot come
   * between those of the stream then, and out of order.
   */
  void hold(TableName table, List<Segment> segments) throws SQLException {
    for (Segment segment : segments) {
      journal.add(table.toString(), segment, "true", forms);
    }
  }

  /** Applies changes of a table, and before them what waited for its copy. */
  void apply(TableName table, List<Segment> segments) throws SQLException {
    List<Segment> all = new ArrayList<>(journal.of(table.toString(), forms));
    all.addAll(segments);
    applyEach(table, all, "true");
    forget(table);
  }

  /** Forgets what waits of a table: it has left the copy, and what is in the file is unfinished. */
  void forget(TableName table) throws SQLException {
    journal.clear(table.toString(), forms);
  }

  /** The tables of which rows wait for their copy. */
  Set<String> waiting() {
    return Journal.owners(forms);
  }

  /** Where the last copy attempt of the whole table begins. */
  private Optional<BigInteger> lastAttempt(List<Segment> segments) throws SQLException {
    Optional<BigInteger> last = Optional.empty();
    for (Segment segment : segments) {
      if (segment.ops().snapshot() && segment.ops().truncates()) {
        Optional<BigInteger> here =
            file.query(
                    "SELECT max("
                        + ChangesView.position()
                        + ")::VARCHAR FROM "
                        + segment.table()
                        + " WHERE "
                        + ChangesView.beginsAttempt(segment),
                    row -> Optional.ofNullable(row.getString(1)).map(BigInteger::new))
                .get(0);
        if (here.isPresent() && (last.isEmpty() || here.get().compareTo(last.get()) > 0)) {
          last = here;
        }
      }
    }
    return last;
  }

  /**
   * Applies runs of segments that tell rows apart by the same key, one run after another. What lies
   * before the last copy attempt is void, and may be of a form that the table has left behind.
   */
  private void applyEach(TableName table, List<Segment> given, String which) throws SQLException {
    Optional<BigInteger> begun = lastAttempt(given);
    String counted = begun.isPresent() ? which + " AND pos >= " + begun.get() : which;
    List<Segment> segments = begun.isPresent() ? reaching(begun.get(), given) : given;
    int from = 0;
    for (int to = 1; to <= segments.size(); to++) {
      if (to == segments.size()
          || !segments.get(to).form().key().equals(segments.get(from).form().key())) {
        applyRun(table, segments.subList(from, to), counted);
        from = to;
      }
    }
  }

  /** The segments that have anything at or after a place. */
  private List<Segment> reaching(BigInteger place, List<Segment> segments) throws SQLException {
    List<Segment> reaching = new ArrayList<>();
    for (Segment segment : segments) {
      String rows = "FROM " + segment.table() + " WHERE " + ChangesView.position() + " >= " + place;
      if (file.query("SELECT EXISTS (" + rows + ")", row -> row.getBoolean(1)).get(0)) {
        reaching.add(segment);
      }
    }
    return reaching;
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
    boolean unchanged = run.stream().anyMatch(Segment::hasUnchanged);
    new CurrentTable(file, sql(table), form, ops, which, unchanged).apply();
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
