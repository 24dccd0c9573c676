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
import io.tidemark.api.sink.SinkState;
import io.tidemark.api.sink.Staged;
import io.tidemark.postgres.catalog.ServerWords;
import java.sql.SQLException;
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
  private final PostgresSinkConfig config;
  private final TargetFailure failure;

  /** Who this is at the target, also when it is opened again. */
  private final String writer = UUID.randomUUID().toString();

  /** Newest forms that no commit has brought to the copy yet. */
  private final Map<TableName, TargetForm> pending = new LinkedHashMap<>();

  /** The form in the copy of each form of the source that was prepared. */
  private final Map<TableSchema, TargetForm> prepared = new HashMap<>();

  private TargetSession session;
  private StateTables state;
  private FormStore store;
  private FormCheck check;
  private TargetTypes types;
  private SourceCatalog catalog;
  private Stage stage;
  private Map<String, HeldTable> forms = Map.of();

  public PostgresSink(PostgresSinkConfig config) {
    this.config = config;
    this.failure = new TargetFailure(config.endpoint());
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
    prepared.clear();
    try {
      session = TargetSession.open(config);
      state = new StateTables(session, config);
      store = new FormStore(session, config);
      stage = new Stage(session);
      catalog = new SourceCatalog(session, state, config);
      types = new TargetTypes(session, config.schemas(), catalog.types());
      session.execute("BEGIN");
      state.create();
      store.create();
      catalog.open();
      SinkState claimed = state.claim(writer, held);
      forms = store.load();
      session.execute("COMMIT");
      check = new FormCheck(session, config);
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
    try {
      stage.add(batch, prepared.get(batch.schema()));
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
    return stage.seal();
  }

  @Override
  public void commit(Commit commit) throws SinkException {
    CopyTables tables = CopyTables.begin(session, store, config, forms);
    try {
      session.execute("BEGIN");
      state.move(commit);
      catalog.loosen(tables);
      bring(tables, commit);
      catalog.bring(tables, table -> phase(table, commit) == TableState.Phase.MEMBER);
      state.store(commit);
      state.show(commit);
    } catch (SQLException e) {
      if (catalog.lifts(e, forms)) {
        rollBack();
        commit(commit);
        return;
      }
      throw undone("apply changes", e);
    } catch (SinkException.Fenced | RuntimeException e) {
      rollBack();
      throw e;
    }
    try {
      session.execute("COMMIT");
    } catch (SQLException e) {
      throw new SinkException.OutcomeUnknown(
          "Cannot tell whether " + config.endpoint() + " has committed: " + ServerWords.of(e) + ".",
          e);
    }
    forms = tables.forms();
    pending.clear();
    state.committed();
    catalog.committed();
    try {
      stage.free(commit.staged());
    } catch (SQLException e) {
      throw failure.ofServer("free what was staged", e);
    }
  }

  private void bring(CopyTables tables, Commit commit) throws SQLException {
    Map<TableName, List<Segment>> segments = stage.segments(commit.staged());
    TreeSet<TableName> concerned = new TreeSet<>(segments.keySet());
    concerned.addAll(pending.keySet());
    Set<String> waiting = tables.waiting();
    commit.tables().keySet().stream()
        .filter(table -> waiting.contains(table.toString()) || becomesMember(table, commit))
        .forEach(concerned::add);
    for (TableName table : concerned) {
      List<Segment> rows = segments.getOrDefault(table, List.of());
      bring(tables, table, rows, commit);
      if (pending.containsKey(table)) {
        tables.prepare(table, pending.get(table));
      }
      if (phase(table, commit) == TableState.Phase.MEMBER) {
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
