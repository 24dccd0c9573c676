package io.tidemark.snowflake;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.Capabilities;
import io.tidemark.api.sink.Commit;
import io.tidemark.api.sink.Loads;
import io.tidemark.api.sink.Sink;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.SinkState;
import io.tidemark.api.sink.Staged;
import io.tidemark.parquet.store.StoreException;
import java.io.IOException;
import java.sql.Driver;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Keeps a copy in Snowflake. Rows are staged as Parquet files; one transaction loads them into
 * journals, merges them into the tables and moves the tidemark. DDL, which Snowflake commits by
 * itself, is done before that where it adds and behind it where it takes away.
 */
public final class SnowflakeSink implements Sink {
  private final SnowflakeConfig config;
  private final Destination names;
  private final Session.Factory sessions;
  private final NameCheck check;

  /** Who this is in the destination, also when it is opened again. */
  private final String writer = UUID.randomUUID().toString();

  /** Newest forms that no commit has brought to the destination yet. */
  private final Map<TableName, RowForm> pending = new LinkedHashMap<>();

  private LastingSession session;
  private StateTables state;
  private Making making;
  private Stage stage;
  private Forms forms;
  private StageFolders folders;
  private volatile Loads loads = Loads.NONE;

  /**
   * @param pipeline whose copy it is; the tidemark stands under this name
   * @param driver gives Snowflake's driver, and fetches it first where it is not there yet
   */
  public SnowflakeSink(SnowflakeConfig config, String pipeline, Supplier<Driver> driver) {
    this(config, pipeline, new SnowflakeSessions(config, driver));
  }

  SnowflakeSink(SnowflakeConfig config, String pipeline, Session.Factory sessions) {
    this.config = config;
    this.names = new Destination(config, pipeline);
    this.sessions = sessions;
    this.check = new NameCheck(names);
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
    try {
      session = new LastingSession(sessions);
      state = new StateTables(session, names);
      making = new Making(session, names, state);
      state.create();
      session.execute("BEGIN");
      SinkState claimed = state.claim(writer, held);
      forms = Forms.load(state);
      session.execute("COMMIT");
      stage = new Stage(config, names);
      folders = new StageFolders(session, names, claimed.epoch());
      settle();
      folders.sweep();
      return claimed;
    } catch (SinkException.Fenced | TidemarkException e) {
      close();
      throw e;
    } catch (SQLException e) {
      close();
      throw Failures.of("open the copy in " + names.database(), e);
    } catch (IOException e) {
      close();
      throw localDisk(e);
    }
  }

  @Override
  public void prepare(TableSchema schema) throws SinkException {
    check.check(schema);
    TableName table = schema.name();
    if (forms.of(table).isEmpty() && !pending.containsKey(table)) {
      requireFree(table);
    }
    pending.put(table, RowForm.of(schema, config.types()));
  }

  /** A table that somebody else has made is not ours to write to. */
  private void requireFree(TableName table) throws SinkException {
    try {
      if (!making.columns(table).isEmpty()) {
        throw new SinkException.Rejected(
            table,
            "Cannot hold table "
                + table
                + " in Snowflake: there is a table or view "
                + names.name(table)
                + " already, which is not of this copy. Rename one of them.",
            null);
      }
    } catch (SQLException e) {
      throw Failures.of("look for " + names.name(table), e);
    }
  }

  @Override
  public void stage(ChangeBatch batch) throws SinkException {
    try {
      stage.add(batch);
    } catch (IOException e) {
      throw localDisk(e);
    }
  }

  @Override
  public List<Staged> seal(Position upTo) throws SinkException {
    try {
      return stage.seal(session, folders.next());
    } catch (SQLException e) {
      throw Failures.of("upload rows to " + names.stage(), e);
    } catch (StoreException e) {
      throw new SinkException.Retryable(
          "Cannot upload rows to " + names.stage() + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw localDisk(e);
    }
  }

  private TidemarkException localDisk(IOException e) {
    return new TidemarkException(
        ErrorCode.LOCAL_DISK,
        "Cannot write files in "
            + config.tempFolder()
            + ": "
            + e.getMessage()
            + ". Look for space and rights there, then start again.",
        e);
  }

  @Override
  public void commit(Commit commit) throws SinkException {
    long begun = System.nanoTime();
    long before = session.statements();
    Plan plan = Plan.of(commit, forms, state, pending, names);
    makeRoom(plan);
    Forms next = forms.begin();
    try {
      session.execute("BEGIN");
      state.move(commit);
      CopyTables tables = new CopyTables(session, names, state, next);
      for (Plan.Step step : plan.steps()) {
        apply(tables, step);
      }
      state.store(commit);
      state.show(commit);
      if (!commit.staged().isEmpty()) {
        count(commit, begun);
      }
    } catch (SQLException e) {
      throw undone(e);
    } catch (SinkException.Fenced | RuntimeException e) {
      rollBack();
      throw e;
    }
    try {
      session.execute("COMMIT");
    } catch (SQLException e) {
      throw new SinkException.OutcomeUnknown(
          "Cannot tell whether "
              + names.database()
              + " was written: "
              + Failures.firstLine(e)
              + ".",
          e);
    }
    forms = next;
    pending.clear();
    state.committed();
    settle();
    folders.remove(plan.folders());
    loaded(commit, session.statements() - before, begun);
    if (config.login().suspend()) {
      suspend();
    }
  }

  private void loaded(Commit commit, long statements, long begun) {
    if (!commit.staged().isEmpty()) {
      loads =
          loads.plus(
              new Loads.Load(
                  commit.staged().stream().mapToLong(Staged::rows).sum(),
                  commit.staged().stream().mapToLong(Staged::bytes).sum(),
                  statements,
                  (System.nanoTime() - begun) / 1e9));
    }
  }

  @Override
  public Loads loads() {
    return loads;
  }

  /** Lets the warehouse sleep until the next commit; nothing depends on it. */
  private void suspend() {
    try {
      session.execute("ALTER WAREHOUSE " + config.login().warehouseName() + " SUSPEND");
    } catch (SQLException e) {
      // it sleeps already, or the role may not; the warehouse's own AUTO_SUSPEND remains
      org.slf4j.LoggerFactory.getLogger(SnowflakeSink.class)
          .debug("The warehouse is not suspended: {}", Failures.firstLine(e));
    }
  }

  /** Makes what the rows of a commit need and is not there yet. */
  private void makeRoom(Plan plan) throws SinkException {
    try {
      for (Plan.Step step : plan.steps()) {
        for (Piece piece : step.pieces()) {
          making.journal(piece.segment());
        }
        if (step.changesForm()) {
          making.table(step.table(), step.now(), step.next());
          if (!step.now().made()) {
            forms.put(step.table(), step.next());
          }
        }
      }
    } catch (SQLException e) {
      throw Failures.of("make tables in " + names.database(), e);
    }
  }

  private static void apply(CopyTables tables, Plan.Step step) throws SQLException {
    if (step.changesForm()) {
      tables.fill(step.table(), step.next(), step.now());
    }
    switch (step.act()) {
      case COPY -> tables.copy(step.table(), tables.load(step.pieces()));
      case HOLD -> tables.hold(step.table(), tables.load(step.pieces()));
      case APPLY -> tables.apply(step.table(), tables.load(step.pieces()));
      case FORGET -> tables.forget(step.table());
      case NONE -> {}
    }
  }

  private void count(Commit commit, long begun) throws SQLException {
    long rows = commit.staged().stream().mapToLong(Staged::rows).sum();
    long bytes = commit.staged().stream().mapToLong(Staged::bytes).sum();
    state.count(commit, rows, bytes, (System.nanoTime() - begun) / 1e9);
  }

  /** What a commit has left to be renamed or dropped; what fails is tried again after the next. */
  private void settle() {
    for (String name : forms.tables()) {
      TableName table = TableName.parse(name);
      TableForm form = forms.of(table).orElseThrow();
      if (!form.made() || !form.isUnsettled()) {
        continue;
      }
      try {
        forms.put(table, making.settle(table, form));
      } catch (SQLException e) {
        org.slf4j.LoggerFactory.getLogger(SnowflakeSink.class)
            .warn(
                "Columns of {} are not renamed or dropped yet; trying again after the next commit:"
                    + " {}",
                names.name(table),
                Failures.firstLine(e));
      }
    }
  }

  /** Undoes the transaction and says what that means. */
  private SinkException undone(SQLException e) {
    boolean fenced;
    try {
      rollBack();
      fenced = state.isTakenOver();
    } catch (SQLException broken) {
      e.addSuppressed(broken);
      return new SinkException.Retryable(
          "Cannot write to " + names.database() + ": " + Failures.firstLine(e) + ".", e);
    }
    return fenced ? state.fenced() : Failures.of("write to " + names.database(), e);
  }

  private void rollBack() {
    try {
      session.execute("ROLLBACK");
    } catch (SQLException e) {
      // Snowflake undoes it with the session.
      org.slf4j.LoggerFactory.getLogger(SnowflakeSink.class).debug("No transaction to undo.", e);
    }
  }

  @Override
  public void close() {
    if (session != null) {
      session.close();
      session = null;
    }
    if (stage != null) {
      stage.close();
      stage = null;
    }
  }
}
