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
import java.sql.SQLException;
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
  private final FormCheck check = new FormCheck();

  /** Who this is in the file, also when it is opened again. */
  private final String writer = UUID.randomUUID().toString();

  /** Newest forms that no commit has brought to the file yet. */
  private final Map<TableName, TargetForm> pending = new LinkedHashMap<>();

  private CopyFile file;
  private Publisher publisher;
  private StateTables state;
  private FormStore store;
  private Stage stage;
  private Map<String, TargetForm> forms = Map.of();

  /** Commits in a row that failed because DuckDB's memory was not enough, or as if it were not. */
  private int starved;

  public DuckDbSink(DuckDbConfig config) {
    this.config = config;
  }

  @Override
  public Capabilities capabilities() {
    return new Capabilities(false, false, true);
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
    starved = 0;
    file = CopyFile.open(config);
    state = new StateTables(file);
    store = new FormStore(file);
    stage = new Stage(file);
    try {
      file.execute("BEGIN");
      state.create();
      store.create();
      SinkState claimed = state.claim(writer, held);
      forms = store.load();
      file.execute("COMMIT");
      publisher = new Publisher(config, claimed);
      return claimed;
    } catch (SinkException.Fenced e) {
      close();
      throw e;
    } catch (SQLException e) {
      close();
      throw new SinkException.Retryable(
          "Cannot open " + config.path() + ": " + CopyFile.firstLine(e) + ".", e);
    }
  }

  @Override
  public void prepare(TableSchema schema) throws SinkException {
    check.check(schema);
    if (!forms.containsKey(schema.name().toString())) {
      requireFree(schema.name());
    }
    pending.put(schema.name(), TargetForm.of(schema));
  }

  /** A table that somebody else has made in the file is not ours to write to. */
  private void requireFree(TableName table) throws SinkException {
    try {
      if (file.hasTable(table.schema(), table.table())) {
        throw new SinkException.Rejected(
            table,
            "Cannot hold table "
                + table
                + " in "
                + config.path()
                + ": the file has a table or view of that name already, which is not of this copy."
                + " Rename one of them.",
            null);
      }
    } catch (SQLException e) {
      throw new SinkException.Retryable(
          "Cannot look into " + config.path() + ": " + CopyFile.firstLine(e) + ".", e);
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
            + config.path()
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
    try {
      file.execute("BEGIN");
      state.move(commit);
      bring(tables, commit);
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
          "Cannot tell whether " + config.path() + " was written: " + CopyFile.firstLine(e) + ".",
          e);
    }
    forms = tables.forms();
    pending.clear();
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

  private void bring(CopyTables tables, Commit commit) throws SQLException {
    Map<TableName, List<Segment>> segments = stage.segments(commit.staged());
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
        tables.prepare(table, pending.get(table));
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
          "Cannot go on with " + config.path() + ": " + CopyFile.firstLine(e) + ".", e);
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
      return new SinkException.Retryable("Cannot write " + config.path() + ": " + reason + ".", e);
    }
    throw new IllegalStateException("Cannot write " + config.path() + ": " + reason, e);
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
