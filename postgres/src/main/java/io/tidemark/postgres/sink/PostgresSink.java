package io.tidemark.postgres.sink;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState;
import io.tidemark.api.sink.Capabilities;
import io.tidemark.api.sink.Commit;
import io.tidemark.api.sink.Sink;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.SinkException.RowsRejected;
import io.tidemark.api.sink.SinkState;
import io.tidemark.api.sink.Staged;
import io.tidemark.postgres.catalog.ServerWords;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Keeps an exact copy in another PostgreSQL. Rows are staged by COPY in temporary tables, which die
 * with the session; one transaction of the target applies them and moves the tidemark.
 */
public final class PostgresSink implements Sink {
  /** As many commits at most are made by one call. */
  private static final int MOST_SINGLE = 500;

  private final PostgresSinkConfig config;
  private final TargetFailure failure;

  /** Who this is at the target, also when it is opened again. */
  private final String writer = UUID.randomUUID().toString();

  /** Newest forms that were prepared since the last seal. */
  private final Map<TableName, TargetForm> pending = new LinkedHashMap<>();

  /** Forms that were prepared before a boundary, and which no commit has brought to the copy. */
  private final Deque<SealedForms> sealedForms = new ArrayDeque<>();

  private record SealedForms(Position upTo, Map<TableName, TargetForm> forms) {}

  /** The last commit of this session that has happened; null before the first. */
  private Commit last;

  /** The tidemark of the copy. */
  private Position reached = Position.NONE;

  /** The form in the copy of each form of the source that was prepared. */
  private final Map<TableSchema, TargetForm> prepared = new HashMap<>();

  private TargetSession session;
  private StateTables state;
  private FormStore store;
  private FormCheck check;
  private TargetTypes types;
  private SourceCatalog catalog;
  private Stage stage;
  private SnapshotLoad loads;

  /** What could not go straight in and stands in the stage, by the piece that it was sealed as. */
  private final Map<Staged, Staged> restaged = new HashMap<>();

  private Map<String, HeldTable> forms = Map.of();

  public PostgresSink(PostgresSinkConfig config) {
    this.config = config;
    this.failure = new TargetFailure(config.endpoint());
  }

  @Override
  public Capabilities capabilities() {
    boolean each = config.apply() == PostgresSinkConfig.Apply.TRANSACTIONAL;
    return new Capabilities(false, false, each, each);
  }

  @Override
  public SinkState open() throws SinkException {
    return open(OptionalLong.empty());
  }

  @Override
  public SinkState reopen(long held) throws SinkException {
    return open(OptionalLong.of(held));
  }

  private SinkState open(OptionalLong held) throws SinkException {
    close();
    pending.clear();
    sealedForms.clear();
    prepared.clear();
    restaged.clear();
    last = null;
    try {
      session = TargetSession.open(config);
      state = new StateTables(session, config);
      store = new FormStore(session, config);
      catalog = new SourceCatalog(session, state, config);
      types = new TargetTypes(session, config.schemas(), catalog.types());
      stage = new Stage(session, config.apply(), failure, catalog.types());
      loads =
          new SnapshotLoad(
              session.ask("SHOW server_encoding", row -> row.getString(1)).equals("UTF8"));
      session.execute("BEGIN");
      state.create();
      store.create();
      catalog.open();
      SinkState claimed = state.claim(writer, held);
      forms = store.load();
      session.execute("COMMIT");
      check = new FormCheck(session, config);
      reached = claimed.tidemark();
      return claimed;
    } catch (SQLException e) {
      close();
      SinkException told = failure.ofServer("open the copy", e);
      // nothing was changed, or a claim was made that the next one knows as its own
      throw told instanceof SinkException.OutcomeUnknown
          ? new SinkException.Retryable(told.getMessage(), e)
          : told;
    } catch (TidemarkException e) {
      close();
      throw unreachable(e);
    } catch (SinkException.Fenced e) {
      close();
      throw e;
    }
  }

  /** What the connector says of a source is said of a destination here. */
  private static SinkException unreachable(TidemarkException e) {
    switch (e.code()) {
      case SOURCE_UNREACHABLE:
        return new SinkException.Retryable(e.getMessage(), e);
      case SOURCE_NOT_READY:
        throw new TidemarkException(ErrorCode.DESTINATION_REFUSED, e.getMessage(), e);
      default:
        throw e;
    }
  }

  @Override
  public void prepare(TableSchema schema) throws SinkException {
    try {
      TargetForm form = types.form(schema);
      check.check(schema, forms);
      prepared.put(schema, form);
      pending.put(schema.name(), form);
    } catch (SQLException e) {
      throw failure.ofServer("prepare table " + schema.name(), e);
    }
  }

  @Override
  public void describe(TableName table, String definition) throws SinkException {
    send(); // what waits was written under the types as they were
    try {
      catalog.describe(table, definition);
    } catch (SQLException e) {
      throw undone("take over the definition of table " + table, e);
    } catch (SinkException.Fenced | RuntimeException e) {
      rollBack();
      throw e;
    }
  }

  @Override
  public void stage(ChangeBatch batch) throws SinkException {
    TargetForm form = prepared.get(batch.schema());
    if (loads.takes(batch, form)) {
      return;
    }
    try {
      stage.add(batch, form);
    } catch (SQLException e) {
      stageAgain(batch, e);
    }
  }

  /** Stages rows once more that a check of a domain did not let pass which the source has not. */
  private void stageAgain(ChangeBatch batch, SQLException why) throws SinkException {
    try {
      if (!catalog.types().lift(why)) {
        throw why;
      }
      stage(batch);
    } catch (SQLException e) {
      throw failure.staging(batch.table(), e);
    }
  }

  @Override
  public List<Staged> seal(Position upTo) {
    if (!pending.isEmpty()) {
      sealedForms.add(new SealedForms(upTo, new LinkedHashMap<>(pending)));
      pending.clear();
    }
    List<Staged> pieces = new ArrayList<>(stage.seal());
    pieces.addAll(loads.seal());
    return pieces;
  }

  @Override
  public boolean isFull() {
    return loads.isFull();
  }

  @Override
  public void commit(Commit commit) throws SinkException {
    commitEach(List.of(commit));
  }

  @Override
  public void commitEach(List<Commit> commits) throws SinkException {
    send();
    boolean transactional = config.apply() == PostgresSinkConfig.Apply.TRANSACTIONAL;
    boolean together = transactional;
    for (List<Commit> left = left(commits); !left.isEmpty(); left = left(commits)) {
      SingleCommits plain = new SingleCommits(state);
      if (together && !catalog.isDue()) {
        gather(left, plain);
      }
      if (plain.commits().isEmpty()) {
        apply(left.get(0));
        together = transactional;
      } else {
        together = apply(plain, plain.commits().size() == left.size());
      }
    }
  }

  /** Those that have not happened: what is tried again may have happened in part. */
  private List<Commit> left(List<Commit> commits) {
    for (int i = commits.size(); i > 0; i--) {
      if (commits.get(i - 1) == last) {
        return commits.subList(i, commits.size());
      }
    }
    return commits;
  }

  private void gather(List<Commit> left, SingleCommits plain) {
    Set<String> waiting = Journal.owners(forms);
    for (Commit commit : left.subList(0, Math.min(left.size(), MOST_SINGLE))) {
      if (!isPlain(commit, plain, waiting)) {
        return;
      }
    }
  }

  private void send() throws SinkException {
    try {
      stage.send();
    } catch (SQLException e) {
      throw failure.ofServer("stage rows", e);
    }
  }

  /** Has a commit taken by a block of plain ones, if nothing but rows of members changes. */
  private boolean isPlain(Commit commit, SingleCommits plain, Set<String> waiting) {
    // one that does not move the tidemark could not be told from one that failed
    if (reached.covers(commit.tidemark()) || !loads.of(commit.staged()).isEmpty()) {
      return false;
    }
    Map<TableName, List<Segment>> segments = stage.segments(commit.staged());
    boolean formsStay =
        newForms(commit).entrySet().stream()
            .allMatch(
                form ->
                    Optional.ofNullable(forms.get(form.getKey().toString()))
                        .filter(held -> form.getValue().after(held.form()).equals(held.form()))
                        .isPresent());
    return formsStay
        && areMembers(segments, commit, waiting)
        && plain.take(commit, segments, forms);
  }

  /** Whether rows of a commit are changes of tables whose copy is complete. */
  private static boolean areMembers(
      Map<TableName, List<Segment>> segments, Commit commit, Set<String> waiting) {
    return segments.entrySet().stream()
        .allMatch(
            each ->
                phase(each.getKey(), commit) == TableState.Phase.MEMBER
                    && !waiting.contains(each.getKey().toString())
                    && !anyOfSnapshot(each.getValue()));
  }

  /**
   * Makes plain commits.
   *
   * @return false when rows of one were refused, which is to be looked at by itself
   */
  private boolean apply(SingleCommits plain, boolean waits) throws SinkException {
    try {
      session.joinByKeys();
      session.execute(plain.sql(session, waits));
    } catch (SQLException e) {
      if (TargetFailure.isLost(e)) {
        throw failure.ofServer("apply changes", e);
      }
      keepDone(plain);
      if (TargetFailure.isOfRows(e)) {
        return false;
      }
      throw plain.failure(e, failure);
    }
    plain.commits().forEach(this::happened);
    free(plain.commits());
    return true;
  }

  /** Finds out how far a block came before it failed. */
  private void keepDone(SingleCommits plain) throws SinkException {
    try {
      Position position = state.position();
      List<Commit> done =
          plain.commits().stream().filter(each -> position.covers(each.tidemark())).toList();
      done.forEach(this::happened);
      free(done);
    } catch (SQLException e) {
      throw unknown(e);
    }
  }

  private void apply(Commit commit) throws SinkException {
    CopyTables tables = CopyTables.begin(session, store, config, forms);
    try {
      restage(tables, commit);
      apply(commit, tables, () -> bring(tables, commit));
    } catch (SQLException e) {
      if (catalog.lifts(e, forms)) {
        apply(commit);
        return;
      }
      Map<TableName, List<Segment>> segments = stage.segments(pieces(commit));
      if (!TargetFailure.isOfRows(e)
          || !loads.of(commit.staged()).isEmpty()
          || !areMembers(segments, commit, Journal.owners(forms))) {
        throw failure.ofServer("apply changes", e);
      }
      applyInParts(commit, segments);
    }
  }

  /**
   * Stages rows of snapshots that cannot go straight in: of tables whose snapshot's rows are not
   * applied at once, or which have another form by then.
   */
  private void restage(CopyTables tables, Commit commit) throws SQLException, SinkException {
    List<SnapshotLoad.Load> all = loads.of(commit.staged());
    if (all.isEmpty()) {
      return;
    }
    Map<TableName, List<Segment>> segments = stage.segments(pieces(commit));
    Map<TableName, TargetForm> newest = newForms(commit);
    for (Staged staged : commit.staged()) {
      if (!SnapshotLoad.isOne(staged) || restaged.containsKey(staged)) {
        continue;
      }
      SnapshotLoad.Load load = loads.of(List.of(staged)).get(0);
      TableName table = load.table();
      boolean direct =
          phase(table, commit).compareTo(TableState.Phase.COPYING) <= 0
              && tables.fits(table, load.form())
              && newest.getOrDefault(table, load.form()).equals(load.form())
              && segments.getOrDefault(table, List.of()).stream()
                  .allMatch(segment -> segment.form().equals(load.form()))
              && all.stream()
                  .filter(other -> other.table().equals(table))
                  .allMatch(other -> other.form().equals(load.form()));
      if (!direct && !load.batches().isEmpty()) {
        restaged.put(staged, stage.add(load));
      }
    }
  }

  /** The pieces of a commit that are in the stage. */
  private List<Staged> pieces(Commit commit) {
    return commit.staged().stream()
        .map(staged -> restaged.getOrDefault(staged, staged))
        .filter(staged -> !SnapshotLoad.isOne(staged))
        .toList();
  }

  /** What a commit does to tables. */
  @FunctionalInterface
  private interface Bringing {
    void run() throws SQLException, SinkException;
  }

  /** Makes a commit; where it fails with the server's words, it has been undone. */
  private void apply(Commit commit, CopyTables tables, Bringing bringing)
      throws SQLException, SinkException {
    try {
      session.joinFreely();
      session.execute("BEGIN");
      state.move(commit);
      catalog.loosen(tables);
      bringing.run();
      catalog.bring(tables, table -> phase(table, commit) == TableState.Phase.MEMBER);
      state.store(commit);
      state.show(commit);
    } catch (SQLException | SinkException | RuntimeException e) {
      rollBack();
      throw e;
    }
    try {
      session.execute("COMMIT");
    } catch (SQLException e) {
      if (TargetFailure.isLost(e)) {
        throw unknown(e);
      }
      throw e; // a constraint that was deferred, for instance
    }
    forms = tables.forms();
    state.committed(commit);
    catalog.committed();
    happened(commit);
    free(List.of(commit));
  }

  /** Commits what was refused as a whole, if nothing of it is refused in parts. */
  private void applyInParts(Commit commit, Map<TableName, List<Segment>> segments)
      throws SinkException {
    CopyTables tables = CopyTables.begin(session, store, config, forms);
    try {
      apply(
          commit,
          tables,
          () -> {
            List<RowsRejected.Row> refused =
                new RefusedRows(session, tables, failure, segments).apply();
            if (!refused.isEmpty()) {
              throw new RowsRejected(refused);
            }
            bringForms(tables, commit);
          });
    } catch (RowsRejected e) {
      if (!lifts(e)) {
        throw e;
      }
      apply(commit);
    } catch (SQLException e) {
      throw failure.ofServer("apply changes", e);
    }
  }

  /** Whether any row was refused by what was taken over from the source. */
  private boolean lifts(RowsRejected rejected) {
    boolean lifts = false;
    for (RowsRejected.Row row : rejected.rows()) {
      lifts |= row.why().getCause() instanceof SQLException e && catalog.lifts(e, forms);
    }
    return lifts;
  }

  private SinkException unknown(SQLException e) {
    return new SinkException.OutcomeUnknown(
        "Cannot tell whether " + config.endpoint() + " has committed: " + ServerWords.of(e) + ".",
        e);
  }

  private void happened(Commit commit) {
    last = commit;
    reached = commit.tidemark();
    sealedForms.removeIf(each -> commit.tidemark().covers(each.upTo()));
  }

  private void free(List<Commit> commits) throws SinkException {
    List<Staged> staged = commits.stream().flatMap(commit -> pieces(commit).stream()).toList();
    for (Commit commit : commits) {
      loads.free(commit.staged());
      commit.staged().forEach(restaged::remove);
    }
    try {
      stage.free(staged);
    } catch (SQLException e) {
      throw failure.ofServer("free what was staged", e);
    }
  }

  /** The newest form of each table as of a commit, where it was prepared since the one before. */
  private Map<TableName, TargetForm> newForms(Commit commit) {
    Map<TableName, TargetForm> newest = new LinkedHashMap<>();
    sealedForms.stream()
        .filter(each -> commit.tidemark().covers(each.upTo()))
        .forEach(each -> newest.putAll(each.forms()));
    return newest;
  }

  private void bring(CopyTables tables, Commit commit) throws SQLException {
    Map<TableName, List<Segment>> segments = stage.segments(pieces(commit));
    Map<TableName, List<SnapshotLoad.Load>> direct = new HashMap<>();
    for (Staged staged : commit.staged()) {
      if (SnapshotLoad.isOne(staged) && !restaged.containsKey(staged)) {
        direct
            .computeIfAbsent(staged.table(), table -> new ArrayList<>())
            .addAll(loads.of(List.of(staged)));
      }
    }
    Map<TableName, TargetForm> newest = newForms(commit);
    TreeSet<TableName> concerned = new TreeSet<>(segments.keySet());
    concerned.addAll(direct.keySet());
    concerned.addAll(newest.keySet());
    Set<String> waiting = tables.waiting();
    commit.tables().keySet().stream()
        .filter(table -> waiting.contains(table.toString()) || becomesMember(table, commit))
        .forEach(concerned::add);
    for (TableName table : concerned) {
      List<Segment> rows = segments.getOrDefault(table, List.of());
      if (phase(table, commit).compareTo(TableState.Phase.COPYING) <= 0) {
        tables.copy(table, rows, direct.getOrDefault(table, List.of()));
      } else {
        bring(tables, table, rows, commit);
      }
      if (newest.containsKey(table)) {
        tables.prepare(table, newest.get(table));
      }
      if (phase(table, commit) == TableState.Phase.MEMBER) {
        tables.index(table);
      }
    }
  }

  private void bringForms(CopyTables tables, Commit commit) throws SQLException {
    for (Map.Entry<TableName, TargetForm> form : newForms(commit).entrySet()) {
      tables.prepare(form.getKey(), form.getValue());
    }
    for (TableName table : commit.tables().keySet()) {
      if (becomesMember(table, commit)) {
        tables.index(table);
      }
    }
  }

  private boolean becomesMember(TableName table, Commit commit) {
    return !state.wasMember(table) && phase(table, commit) == TableState.Phase.MEMBER;
  }

  private static TableState.Phase phase(TableName table, Commit commit) {
    return Optional.ofNullable(commit.tables().get(table))
        .map(TableState::phase)
        .orElse(TableState.Phase.MEMBER);
  }

  /**
   * Brings one table to a commit. Of a table that has left the copy unfinished nothing is applied:
   * its changes would meet rows that were never read.
   */
  private void bring(CopyTables tables, TableName table, List<Segment> rows, Commit commit)
      throws SQLException {
    boolean waits = tables.waiting().contains(table.toString());
    switch (phase(table, commit)) {
      case WAITING, COPYING -> throw new IllegalStateException(table + " is being copied");
      case CATCHING_UP -> tables.hold(table, rows);
      case MEMBER -> {
        if (waits || !rows.isEmpty()) {
          tables.apply(table, rows);
        }
      }
      case PAUSED, FAILED, DETACHED -> {
        if (waits || !state.wasMember(table) || anyOfSnapshot(rows)) {
          tables.forget(table);
        } else if (!rows.isEmpty()) {
          tables.apply(table, rows);
        }
      }
    }
  }

  private static boolean anyOfSnapshot(List<Segment> rows) {
    return rows.stream().anyMatch(segment -> segment.ops().snapshot());
  }

  /** Undoes the transaction and says what that means. */
  private SinkException undone(String what, SQLException e) {
    rollBack();
    return failure.ofServer(what, e);
  }

  private void rollBack() {
    try {
      session.execute("ROLLBACK");
    } catch (SQLException e) {
      // whether the session still works shows at the next statement
      org.slf4j.LoggerFactory.getLogger(PostgresSink.class).debug("No transaction to undo.", e);
    }
  }

  @Override
  public void close() {
    if (session != null) {
      session.close();
      session = null;
    }
  }
}
