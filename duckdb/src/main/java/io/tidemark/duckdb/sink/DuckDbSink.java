package io.tidemark.duckdb.sink;

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
import io.tidemark.api.sink.SinkState;
import io.tidemark.api.sink.Staged;
import io.tidemark.api.sink.Upkeep;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Keeps a copy in one DuckDB file. Rows are staged in temporary tables, which die with the process;
 * one transaction of DuckDB applies them and moves the tidemark, and its end waits until the
 * write-ahead log is on disk.
 */
public final class DuckDbSink implements Sink {
  /** After so many commits in a row that failed, waiting longer does not help. */
  private static final int MOST_STARVED = 10;

  private final DuckDbConfig config;
  private final FormCheck check;

  /** Who this is in the file, also when it is opened again. */
  private final String writer = UUID.randomUUID().toString();

  /** Newest forms that no commit has brought to the file yet. */
  private final Map<TableName, TableSchema> pending = new LinkedHashMap<>();

  /** Every form that no commit has brought to the file yet. */
  private final List<TableSchema> unknown = new ArrayList<>();

  private CopyFile file;
  private volatile Publisher publisher;
  private StateTables state;
  private FormStore store;
  private Stage stage;
  private History history;
  private Map<String, TargetForm> forms = Map.of();

  /** Commits in a row that failed because DuckDB's memory was not enough, or as if it were not. */
  private int starved;

  public DuckDbSink(DuckDbConfig config) {
    this.config = config;
    this.check = new FormCheck(config.keep());
  }

  @Override
  public Capabilities capabilities() {
    return new Capabilities(config.keep() == Keep.CHANGES, false, true);
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
    unknown.clear();
    starved = 0;
    file = CopyFile.open(config);
    state = new StateTables(file);
    store = new FormStore(file);
    stage = new Stage(file);
    try {
      file.execute("BEGIN");
      state.create();
      store.create();
      requireKept(state.settle(config.keep()));
      SinkState claimed = state.claim(writer, held);
      forms = store.load();
      history = History.open(file, config.keep());
      file.execute("COMMIT");
      publisher = new Publisher(config, claimed);
      return claimed;
    } catch (SinkException.Fenced | RuntimeException e) {
      close();
      throw e;
    } catch (SQLException e) {
      close();
      throw new SinkException.Retryable(
          "Cannot open " + config.place() + ": " + CopyFile.firstLine(e) + ".", e);
    }
  }

  /** A history cannot be begun in the middle, and one that is not kept on is none any more. */
  private void requireKept(Keep kept) {
    if (kept != config.keep()) {
      throw new TidemarkException(
          ErrorCode.CONFIGURATION,
          "Cannot keep '"
              + config.keep().word()
              + "' in "
              + config.place()
              + ": the file was begun with 'keep: "
              + kept.word()
              + "'. Write that, or choose another path.");
    }
  }

  @Override
  public void prepare(TableSchema schema) throws SinkException {
    check.check(schema);
    if (!forms.containsKey(schema.name().toString()) && !history.knows(schema.name())) {
      requireFree(schema.name(), schema.name().table());
      if (config.keep().changes()) {
        requireFree(schema.name(), schema.name().table() + History.CHANGES);
      }
    }
    pending.put(schema.name(), schema);
    unknown.add(schema);
  }

  /** A table that somebody else has made in the file is not ours to write to. */
  private void requireFree(TableName table, String name) throws SinkException {
    try {
      if (file.hasTable(table.schema(), name)) {
        throw new SinkException.Rejected(
            table,
            "Cannot hold table "
                + table
                + " in "
                + config.place()
                + ": the file has a table or view of the name "
                + name
                + " already, which is not of this copy. Rename one of them.",
            null);
      }
    } catch (SQLException e) {
      throw new SinkException.Retryable(
          "Cannot look into " + config.place() + ": " + CopyFile.firstLine(e) + ".", e);
    }
  }

  @Override
  public void stage(ChangeBatch batch) {
    try {
      stage.add(batch);
    } catch (SQLException e) {
      // Part of the batch may be staged, so nothing but a new beginning is safe.
      throw failed("stage rows of " + batch.table(), e);
    }
  }

  @Override
  public List<Staged> seal(Position upTo) {
    try {
      return stage.seal();
    } catch (SQLException e) {
      throw failed("stage rows", e);
    }
  }

  private TidemarkException failed(String what, SQLException e) {
    return new TidemarkException(
        ErrorCode.DESTINATION,
        "Cannot "
            + what
            + " for "
            + config.place()
            + ": "
            + CopyFile.firstLine(e)
            + ". Look at the space in "
            + config.tempFolder()
            + " and at memory-limit.",
        e);
  }

  @Override
  public void commit(Commit commit) throws SinkException {
    CopyTables tables = CopyTables.begin(file, store, forms);
    History changes = history.begin();
    try {
      file.execute("BEGIN");
      state.move(commit);
      bring(tables, changes, commit);
      state.store(commit);
      state.show(commit);
    } catch (SQLException e) {
      throw undone(e);
    } catch (SinkException.Fenced | RuntimeException e) {
      rollBack();
      throw e;
    }
    try {
      file.execute("COMMIT");
    } catch (SQLException e) {
      throw new SinkException.OutcomeUnknown(
          "Cannot tell whether " + config.place() + " was written: " + CopyFile.firstLine(e) + ".",
          e);
    }
    forms = tables.forms();
    history = changes;
    pending.clear();
    unknown.clear();
    starved = 0;
    state.committed();
    try {
      stage.drop(commit.staged());
      CurrentTable.free(file);
    } catch (SQLException e) {
      throw failed("free what was staged", e);
    }
    publisher.committed(file, commit);
  }

  private void bring(CopyTables tables, History changes, Commit commit) throws SQLException {
    Map<TableName, List<Segment>> segments = stage.segments(commit.staged());
    for (TableSchema form : unknown) {
      changes.know(form);
    }
    for (Map.Entry<TableName, List<Segment>> rows : segments.entrySet()) {
      changes.add(rows.getKey(), rows.getValue());
    }
    TreeSet<TableName> shown = new TreeSet<>(commit.tables().keySet());
    unknown.forEach(form -> shown.add(form.name()));
    shown.addAll(segments.keySet());
    for (TableName table : shown) {
      TableState now = commit.tables().get(table);
      changes.show(table, now != null && now.isMember(), state.wasComplete(table));
    }
    if (config.keep().current()) {
      bring(tables, segments, commit);
    }
  }

  private void bring(CopyTables tables, Map<TableName, List<Segment>> segments, Commit commit)
      throws SQLException {
    TreeSet<TableName> concerned = new TreeSet<>(segments.keySet());
    concerned.addAll(pending.keySet());
    Set<String> waiting = tables.waiting();
    commit.tables().keySet().stream()
        .filter(table -> waiting.contains(table.toString()))
        .forEach(concerned::add);
    for (TableName table : concerned) {
      List<Segment> rows = segments.getOrDefault(table, List.of());
      bring(tables, table, rows, commit);
      if (pending.containsKey(table)) {
        tables.prepare(table, TargetForm.of(pending.get(table)));
      }
    }
  }

  /**
   * Brings one table to a commit. Of a table that has left the copy unfinished nothing is applied:
   * its changes would meet rows that were never read.
   */
  private void bring(CopyTables tables, TableName table, List<Segment> rows, Commit commit)
      throws SQLException {
    boolean waits = tables.waiting().contains(table.toString());
    TableState.Phase phase =
        Optional.ofNullable(commit.tables().get(table))
            .map(TableState::phase)
            .orElse(TableState.Phase.MEMBER);
    switch (phase) {
      case WAITING, COPYING -> tables.copy(table, rows);
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
  private SinkException undone(SQLException e) throws SinkException {
    boolean fenced;
    try {
      rollBack();
      fenced = state.isTakenOver();
    } catch (SQLException broken) {
      e.addSuppressed(broken);
      throw new SinkException.OutcomeUnknown(
          "Cannot go on with " + config.place() + ": " + CopyFile.firstLine(e) + ".", e);
    }
    if (fenced) {
      return state.fenced();
    }
    String reason = CopyFile.firstLine(e);
    boolean starving =
        reason.startsWith("Out of Memory Error") || reason.startsWith("TransactionContext Error");
    if (starving && ++starved >= MOST_STARVED) {
      throw failed("write", e);
    }
    if (starving || reason.startsWith("IO Error")) {
      return new SinkException.Retryable("Cannot write " + config.place() + ": " + reason + ".", e);
    }
    throw new IllegalStateException("Cannot write " + config.place() + ": " + reason, e);
  }

  @Override
  public Upkeep upkeep() {
    Publisher now = publisher;
    return now == null ? Upkeep.NONE : now.last();
  }

  private void rollBack() {
    try {
      file.execute("ROLLBACK");
    } catch (SQLException e) {
      // DuckDB has undone it itself; whether the file still works shows at the next statement.
      org.slf4j.LoggerFactory.getLogger(DuckDbSink.class).debug("No transaction to undo.", e);
    }
  }

  @Override
  public void close() {
    if (file != null) {
      file.close();
      file = null;
    }
  }
}
