package io.tidemark.postgres.sink;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.TableName;
import io.tidemark.postgres.sink.Segment.Place;
import io.tidemark.postgres.sink.TargetForm.Part;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.postgresql.copy.CopyIn;

/**
 * Brings the tables of the copy to a commit, within its transaction: forms first as the changes
 * need them, then rows, then the newest form.
 */
final class CopyTables {
  private final TargetSession session;
  private final FormStore store;
  private final PostgresSinkConfig config;
  private final Journal journal;

  /** Forms of everything, as of this transaction. */
  private final Map<String, HeldTable> forms;

  private int next;
  private boolean changed;

  private CopyTables(
      TargetSession session,
      FormStore store,
      PostgresSinkConfig config,
      Map<String, HeldTable> forms) {
    this.session = session;
    this.store = store;
    this.config = config;
    this.forms = forms;
    this.journal = new Journal(session, store, config);
  }

  /** Begins with what the last transaction left. */
  static CopyTables begin(
      TargetSession session,
      FormStore store,
      PostgresSinkConfig config,
      Map<String, HeldTable> forms) {
    return new CopyTables(session, store, config, new LinkedHashMap<>(forms));
  }

  /** Forms of everything, once the transaction is committed. */
  Map<String, HeldTable> forms() {
    return forms;
  }

  /** Whether any table has another form, index or part than before. */
  boolean hasChanged() {
    return changed;
  }

  /** The table of the source of which one of the copy, by its schema and name there, is one. */
  Optional<TableName> named(Optional<TableName> place) {
    return forms.entrySet().stream()
        .filter(held -> !Journal.isOne(held.getKey()))
        .filter(
            held ->
                place
                    .filter(
                        new TableName(held.getValue().schema(), held.getValue().table())::equals)
                    .isPresent())
        .map(held -> TableName.parse(held.getKey()))
        .findFirst();
  }

  /** Gives a table a form of the source's, though no row needs it. */
  void prepare(TableName table, TargetForm newest) throws SQLException {
    HeldTable now = forms.get(table.toString());
    if (now == null || now.form().version() <= newest.version()) {
      evolve(table, newest);
    }
  }

  /**
   * Takes changes of a table that is still being copied: the snapshot's now, the stream's later.
   */
  void copy(TableName table, List<Segment> segments, List<SnapshotLoad.Load> loads)
      throws SQLException {
    String owner = table.toString();
    for (Segment segment : segments) {
      if (segment.ops().stream()) {
        journal.add(owner, segment, "NOT n._snap", forms);
      }
    }
    Optional<Place> begun = lastAttempt(segments);
    if (begun.isPresent()) {
      journal.removeBefore(begun.get(), owner, forms);
    }
    List<Segment> read =
        segments.stream()
            .filter(segment -> segment.ops().snapshot())
            .map(Segment::ofSnapshot)
            .toList();
    applyEach(table, read, "n._snap");
    for (SnapshotLoad.Load load : loads) {
      begun.ifPresent(load::removeBefore);
      load(table, load);
    }
  }

  /** Takes rows of a snapshot straight in. */
  private void load(TableName table, SnapshotLoad.Load load) throws SQLException {
    if (load.batches().isEmpty()) {
      return;
    }
    evolve(table, load.form().withNulls(load.nulls()));
    String columns =
        load.form().columns().stream().map(Part::quoted).collect(Collectors.joining(", "));
    CopyIn copy =
        session.copyIn(
            "COPY "
                + forms.get(table.toString()).sql()
                + " ("
                + columns
                + ") FROM STDIN (FORMAT binary)");
    try (CopyFormat out = new BinaryCopy(copy)) {
      load.write(out);
    }
  }

  /** Whether rows of a form can go straight into a table as it is. */
  boolean fits(TableName table, TargetForm form) {
    HeldTable now = forms.get(table.toString());
    return now == null || now.form().version() <= form.version();
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

  /** Gives a table whose copy is complete the index of its key, if it has none. */
  void index(TableName table) throws SQLException {
    HeldTable held = forms.get(table.toString());
    if (held != null && !held.indexed().equals(held.form().key())) {
      keep(table, new Evolution(session, held).index());
    }
  }

  /** Forgets what waits of a table: it has left the copy, and what is there is unfinished. */
  void forget(TableName table) throws SQLException {
    journal.clear(table.toString(), forms);
  }

  /** The tables of which rows wait for their copy. */
  Set<String> waiting() {
    return Journal.owners(forms);
  }

  /** Where the last copy attempt of the whole table begins. */
  private Optional<Place> lastAttempt(List<Segment> segments) throws SQLException {
    Optional<Place> last = Optional.empty();
    for (Segment segment : segments) {
      if (segment.ops().snapshot() && segment.ops().truncates()) {
        Optional<Place> here =
            CurrentTable.last(session, segment.table(), segment.where(Segment.BEGINS_ATTEMPT));
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
    Optional<Place> begun = lastAttempt(given);
    String counted = begun.isPresent() ? which + " AND " + begun.get().sql(">=") : which;
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
  private List<Segment> reaching(Place place, List<Segment> segments) throws SQLException {
    List<Segment> reaching = new ArrayList<>();
    for (Segment segment : segments) {
      String rows =
          "SELECT FROM " + segment.table() + " AS n WHERE " + segment.where(place.sql(">="));
      if (session.ask("SELECT EXISTS (" + rows + ")", row -> row.getBoolean(1))) {
        reaching.add(segment);
      }
    }
    return reaching;
  }

  private void applyRun(TableName table, List<Segment> run, String which) throws SQLException {
    TargetForm last = run.get(run.size() - 1).form();
    HeldTable now = forms.get(table.toString());
    TargetForm wanted = now == null || now.form().version() <= last.version() ? last : now.form();
    Ops ops = run.stream().map(Segment::ops).reduce(Ops.NONE, Ops::and);
    evolve(table, wanted.withNulls(ops.nulls()).withNulls(missing(wanted, run)));
    HeldTable held = forms.get(table.toString());
    TargetForm form = held.form().withKey(last.key());
    for (int attnum : form.key()) {
      if (form.part(attnum).isEmpty()) {
        throw new TidemarkException(
            ErrorCode.DESTINATION_CHANGED,
            "Cannot apply changes to "
                + table
                + ": a column of its key was dropped while it was copied. Copy the table again.");
      }
    }
    boolean inPlace = run.size() == 1 && run.get(0).form().holdsLike(form);
    String changes = inPlace ? run.get(0).table() : asOne(form, run, which);
    new CurrentTable(session, held.sql(), form, changes, ops)
        .apply(inPlace ? run.get(0).where(which) : which);
  }

  /** Columns that rows of an older form do not have, nor a value in place of. */
  private static Set<Integer> missing(TargetForm form, List<Segment> run) {
    return form.columns().stream()
        .filter(part -> part.backfill() == null)
        .map(Part::attnum)
        .filter(attnum -> run.stream().anyMatch(each -> each.form().part(attnum).isEmpty()))
        .collect(Collectors.toSet());
  }

  /** One table with the changes of all segments, under the form of the table. */
  private String asOne(TargetForm form, List<Segment> run, String which) throws SQLException {
    String name = "pg_temp.together_" + next++;
    session.execute(
        "CREATE TEMP TABLE "
            + name
            + " ON COMMIT DROP AS "
            + run.stream()
                .map(segment -> select(form, segment) + " WHERE " + segment.where(which))
                .collect(Collectors.joining("\nUNION ALL\n")));
    return name;
  }

  private static String select(TargetForm form, Segment segment) {
    return form.columns().stream()
        .map(part -> ", " + value(segment, part) + " AS " + part.staged())
        .collect(
            Collectors.joining(
                "", "SELECT " + Segment.OWN_COLUMNS, " FROM " + segment.table() + " AS n"));
  }

  private static String value(Segment segment, Part part) {
    Part own = segment.form().part(part.attnum()).orElse(null);
    if (own == null) {
      return part.standard();
    }
    return own.type().equals(part.type())
        ? part.staged()
        : Evolution.converted(part.staged(), part.type());
  }

  private void evolve(TableName table, TargetForm wanted) throws SQLException {
    HeldTable now = forms.get(table.toString());
    if (now == null) {
      String schema = config.schemas().getOrDefault(table.schema(), table.schema());
      HeldTable made = new HeldTable(wanted, schema, table.table(), List.of());
      keep(table, new Evolution(session, made).create());
      return;
    }
    TargetForm next = wanted.after(now.form());
    if (!next.equals(now.form())) {
      HeldTable free = isRebuilt(now, next) ? unbind(table) : now;
      keep(table, new Evolution(session, free).change(next));
    }
  }

  /** Whether another form takes away what foreign keys may stand on. */
  private static boolean isRebuilt(HeldTable now, TargetForm next) {
    boolean otherKey = !now.indexed().isEmpty() && !now.indexed().equals(next.key());
    return otherKey
        || now.form().columns().stream()
            .anyMatch(
                old ->
                    next.part(old.attnum())
                        .filter(part -> part.type().equals(old.type()))
                        .isEmpty());
  }

  /**
   * Takes away the foreign keys that point to a table; they are made again by the commit's end.
   *
   * @return the table, which may have pointed to itself
   */
  HeldTable unbind(TableName table) throws SQLException {
    HeldTable target = forms.get(table.toString());
    for (Map.Entry<String, HeldTable> each : List.copyOf(forms.entrySet())) {
      HeldTable free = new TableParts(session).unbind(each.getValue(), target);
      if (!free.equals(each.getValue())) {
        keep(TableName.parse(each.getKey()), free);
      }
    }
    return forms.get(table.toString());
  }

  /** Remembers a table that may be as it was. */
  void keepIfOther(TableName table, HeldTable held) throws SQLException {
    if (!held.equals(forms.get(table.toString()))) {
      keep(table, held);
    }
  }

  /** Remembers a table as it is now. */
  void keep(TableName table, HeldTable held) throws SQLException {
    changed = true;
    store.save(table.toString(), held);
    forms.put(table.toString(), held);
  }
}
