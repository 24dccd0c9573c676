package io.tidemark.engine.pipeline;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState;
import io.tidemark.api.sink.Commit;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.SinkState;
import io.tidemark.api.sink.Staged;
import io.tidemark.engine.deadletter.LetterBox;
import io.tidemark.engine.state.StateCodec;
import io.tidemark.engine.state.StateTracker;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The dead letters of one sink of a pipeline that does not run: claims the writing as the pipeline
 * would, and commits each change at the tidemark where the copy stands. One thread.
 */
public final class StoppedLetters implements AutoCloseable {
  private final DataFolder folder;
  private final SteadySink sink;
  private final SinkState opened;
  private final StateTracker state;
  private final LetterBox letters;
  private final Stager stager;

  private StoppedLetters(
      DataFolder folder, SteadySink sink, SinkState opened, PipelineConfig config) {
    this.folder = folder;
    this.sink = sink;
    this.opened = opened;
    this.state = new StateTracker(StateCodec.decode(opened.entries()), opened.entries());
    this.letters = new LetterBox(state.stored(), state::put);
    FlushPolicy policy = new FlushPolicy(config.flush(), System.nanoTime());
    this.stager = new Stager(sink, policy, letters, config.policies(), new Tally());
  }

  /**
   * Takes the writing of a sink.
   *
   * @throws TidemarkException BUSY when a pipeline runs with the data folder; DESTINATION and its
   *     like when the sink cannot be opened
   */
  public static StoppedLetters open(PipelineConfig config, NamedSink named)
      throws InterruptedException {
    DataFolder folder = DataFolder.claim(config.dataDir());
    StopSignal soon = new StopSignal();
    soon.request(); // what may be tried again is, for the few seconds of an orderly end
    SteadySink sink = new SteadySink(named.name(), named.factory().get(), soon);
    try {
      SinkState opened = tried(named.name(), () -> sink.call(to -> to.open()));
      return new StoppedLetters(folder, sink, opened, config);
    } catch (RuntimeException | InterruptedException e) {
      sink.sink().close();
      folder.close();
      throw e;
    }
  }

  /**
   * Changes values of a row.
   *
   * @param table its name in the copy
   * @param place where the row stands in the log
   * @param values JSON object of column names to values
   * @throws TidemarkException USAGE when there is no such row, or the values do not fit it
   */
  public void edit(TableName table, String place, String values) throws InterruptedException {
    if (!letters.wouldEdit(table, place, values)) {
      throw noLetter(table, place);
    }
    letters.edit(table, place, values);
    commit();
  }

  /** Gives the rows of a table to the sink again; what it takes leaves the letters. */
  public void replay(TableName table) throws InterruptedException {
    tried(
        sink.name(),
        () -> {
          stager.replay(table);
          return null;
        });
    commit();
  }

  /** Throws the rows of a table away. */
  public void discard(TableName table) throws InterruptedException {
    letters.discard(table);
    commit();
  }

  /** How many rows of a table wait. */
  public long count(TableName table) {
    return letters.count(table);
  }

  static TidemarkException noLetter(TableName table, String place) {
    return new TidemarkException(
        ErrorCode.USAGE,
        "Cannot find dead letter "
            + place
            + " of "
            + table
            + ": there is none. Look at their list for the places in the log.");
  }

  private void commit() throws InterruptedException {
    Position position = opened.tidemark();
    SortedMap<String, Optional<String>> changes = state.takeChanges();
    tried(
        sink.name(),
        () -> {
          List<Staged> staged = sink.call(to -> to.seal(position));
          Commit commit = new Commit(position, 0, staged, changes, copyTables());
          return sink.call(
              to -> {
                to.commit(commit);
                return null;
              });
        });
  }

  /** A table that the transforms leave out has no form in the copy, and so no name there. */
  private SortedMap<TableName, TableState> copyTables() {
    SortedMap<TableName, TableState> tables = new TreeMap<>();
    state
        .tables()
        .forEach(
            (source, now) ->
                CopyForm.stored(opened, source).ifPresent(form -> tables.put(form.name(), now)));
    return tables;
  }

  private interface Work<T> {
    T done() throws SinkException, InterruptedException;
  }

  private static <T> T tried(String sink, Work<T> work) throws InterruptedException {
    try {
      return work.done();
    } catch (SinkException.Fenced e) {
      throw new TidemarkException(ErrorCode.FENCED, e.getMessage(), e);
    } catch (SteadySink.GivenUp e) {
      throw failed(sink, e.getCause());
    } catch (SinkException e) {
      throw failed(sink, e);
    }
  }

  private static TidemarkException failed(String sink, Throwable why) {
    return new TidemarkException(
        ErrorCode.DESTINATION,
        "Cannot change dead letters of sink "
            + sink
            + ": "
            + why.getMessage()
            + " Look at their list, and try again.",
        why);
  }

  @Override
  public void close() {
    sink.sink().close();
    folder.close();
  }
}
