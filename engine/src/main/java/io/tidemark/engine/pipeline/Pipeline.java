package io.tidemark.engine.pipeline;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.source.ChangeSource;
import io.tidemark.api.source.SourceRequest;
import io.tidemark.api.transform.Transform;
import io.tidemark.engine.spill.LaneSpill;
import io.tidemark.engine.spill.SpillBudget;
import io.tidemark.engine.transform.TransformChain;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * One source, a list of transforms, one or more sinks. {@link #run} brings every change of the
 * source to every sink until {@link #stop} is called or something fails for good; each sink has its
 * own tidemark and pace, and the source forgets what all of them hold.
 *
 * <p>Runs once. {@link #run} is called by one thread, everything else by any.
 */
public final class Pipeline {
  private final PipelineConfig config;
  private final Supplier<ChangeSource> sources;
  private final PipelineParts parts;
  private final StatusView view;
  private volatile PipelineRun current;
  private volatile boolean paused;

  /**
   * Puts a pipeline together; nothing is opened yet.
   *
   * @param sources makes a source that was not opened yet; asked again after each failure that
   *     waiting may heal
   * @param transforms in the order in which rows pass them
   * @param sinks at least one, with distinct names
   */
  public Pipeline(
      PipelineConfig config,
      Supplier<ChangeSource> sources,
      List<Transform> transforms,
      List<NamedSink> sinks) {
    this.config = config;
    this.sources = sources;
    Map<NamedSink, Tally> tallies = Collections.synchronizedMap(new LinkedHashMap<>());
    sinks.forEach(sink -> tallies.put(sink, new Tally()));
    Path spill = config.dataDir().resolve("spill");
    this.parts =
        new PipelineParts(
            new TransformChain(transforms),
            tallies,
            new StopSignal(),
            spill,
            new SpillBudget(
                config.dataDir(), config.buffer().spillBytes(), config.buffer().minFreeBytes()));
    if (sinks.isEmpty() || sinks.stream().map(NamedSink::name).distinct().count() < sinks.size()) {
      throw new IllegalArgumentException(
          "Cannot make pipeline " + config.name() + ": sinks need distinct names, at least one.");
    }
    this.view = new StatusView(config.name(), Map.copyOf(tallies), sinks);
  }

  /**
   * Runs until stopped. A stop ends within 10 s: what was staged up to the last boundary is
   * committed where the destination is fast enough, the rest comes again at the next start.
   *
   * @throws TidemarkException when something fails for good; everything is closed then
   */
  public void run() throws InterruptedException {
    BackOff backOff = new BackOff();
    try (DataFolder folder = DataFolder.claim(config.dataDir())) {
      LaneSpill.wipe(parts.spillFolder());
      PipelineRun.End end = PipelineRun.End.AGAIN;
      while (end == PipelineRun.End.AGAIN && !parts.stop().requested()) {
        PipelineRun life = begin();
        long commits = commits();
        end = life.run();
        view.ended(life);
        for (Lane left : life.delivery().detached()) {
          parts.sinks().keySet().removeIf(sink -> sink.name().equals(left.name()));
        }
        if (commits() > commits) {
          backOff.reset();
        }
        if (end == PipelineRun.End.AGAIN) {
          view.beginsAgain(life.whyAgain());
          parts.stop().await(backOff.next());
        }
      }
      view.stopped();
    } catch (TidemarkException e) {
      view.failed(e.getMessage());
      throw e;
    } catch (RuntimeException e) {
      view.failed(String.valueOf(e.getMessage()));
      throw e;
    }
  }

  private PipelineRun begin() {
    PipelineRun life = new PipelineRun(config, sources.get(), parts);
    life.pause(paused);
    current = life;
    return life;
  }

  private long commits() {
    return parts.sinks().values().stream().mapToLong(Tally::commits).sum();
  }

  /** Asks for an orderly end; returns at once. */
  public void stop() {
    parts.stop().request();
  }

  /** What it was told. */
  public PipelineConfig config() {
    return config;
  }

  /** How the pipeline stands, without asking the database or the destinations. */
  public PipelineStatus status() {
    return view.of(current, paused, parts.stop().requested());
  }

  /**
   * Makes every sink commit up to a position as soon as the source has given everything below it.
   *
   * @param position empty for the end of the source's log as last heard
   * @return completes with the lowest tidemark when all have committed; exceptionally when the
   *     pipeline stops before
   */
  public CompletableFuture<Position> flush(Optional<Lsn> position) {
    PipelineRun life = runningLife();
    return flush(life, position.orElseGet(() -> life.sourceStatus().head()));
  }

  private static CompletableFuture<Position> flush(PipelineRun life, Lsn upTo) {
    List<CompletableFuture<Position>> answers = new ArrayList<>();
    for (Lane lane : life.delivery().lanes()) {
      answers.add(lane.flushAt(upTo));
    }
    life.request(new SourceRequest.CutAt(life.feed().position(upTo)));
    return CompletableFuture.allOf(answers.toArray(CompletableFuture<?>[]::new))
        .thenApply(
            done ->
                answers.stream().map(CompletableFuture::join).reduce(Position::meet).orElseThrow());
  }

  /**
   * Lets the source read nothing more, until {@link #flushAndStay} or until a time is over. A
   * position that is made after this can be cut at exactly.
   *
   * @param longest zero ends it, and what {@link #flushAndStay} began
   */
  public void hold(Duration longest) {
    PipelineRun life = runningLife();
    life.request(new SourceRequest.Hold(longest));
    if (longest.isZero()) {
      life.stay(Lsn.ZERO, Duration.ZERO);
    }
  }

  /**
   * Like {@link #flush}, and nothing beyond the position is taken from the source before a time is
   * over or {@link #hold} ends it: so long all copies stand there.
   */
  public CompletableFuture<Position> flushAndStay(Lsn position, Duration longest) {
    PipelineRun life = runningLife();
    life.stay(position, longest);
    return flush(life, position);
  }

  /**
   * Gives a sink rows that its copy should have where the pipeline stays, see {@link
   * #flushAndStay}, and commits them there: after everything below the position, before everything
   * beyond it.
   *
   * @return completes with the tidemark when they are committed; exceptionally with a {@link
   *     TidemarkException} when the pipeline has gone on or the rows do not fit
   */
  public CompletableFuture<Position> repair(Repair repair) {
    return runningLife().repair(repair);
  }

  /** Stops taking from the source, until {@link #resume}; what was taken is still committed. */
  public void pause() {
    setPaused(true);
  }

  /** Goes on after {@link #pause}. */
  public void resume() {
    setPaused(false);
  }

  private void setPaused(boolean wanted) {
    paused = wanted;
    PipelineRun life = current;
    if (life != null) {
      life.pause(wanted);
    }
  }

  /**
   * The table, by its name at the source, that a user calls {@code schema.table}; by its name in
   * the copy where a transform renames it.
   */
  public Optional<TableName> table(String text) {
    PipelineRun life = runningLife();
    return life.feed().tables().keySet().stream()
        .filter(
            table ->
                table.toString().equals(text)
                    || life.feed().copyName(table).toString().equals(text))
        .findFirst();
  }

  /** Asks the source to copy a table again, to leave it out, or to take it in again. */
  public void request(SourceRequest request) {
    runningLife().request(request);
  }

  /**
   * Gives the rows of a table that sinks did not take to them again; what is taken now counts from
   * the next commit on, the rest stays aside.
   *
   * @param table its name at the source
   * @throws TidemarkException USAGE when it has none
   */
  public void replayLetters(TableName table) {
    PipelineRun life = runningLife();
    life.delivery().event(new LaneEvent.Replay(withLetters(life, table)));
  }

  private static TableName withLetters(PipelineRun life, TableName table) {
    TableName name = life.feed().copyName(table);
    if (life.delivery().lanes().stream().allMatch(lane -> lane.letters().count(name) == 0)) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "Cannot find dead letters of "
              + table
              + ": there are none. Look at their list for the tables that have some.");
    }
    return name;
  }

  /**
   * Throws the rows of a table that sinks did not take away, for good: the copies lack them until
   * the table is copied again.
   *
   * @param table its name at the source
   * @throws TidemarkException USAGE when it has none
   */
  public void discardLetters(TableName table) {
    PipelineRun life = runningLife();
    life.delivery().event(new LaneEvent.Discard(withLetters(life, table)));
  }

  /**
   * Changes values of a row that sinks did not take; it stays aside until it is given again.
   *
   * @param sink whose letter; empty for every sink that has it
   * @param table its name at the source
   * @param place where the row stands in the log: commit LSN and ordinal, {@code 16/B374D848-3}
   * @param values JSON object of column names to values
   * @throws TidemarkException USAGE when there is no such row, or the values do not fit it
   */
  public void editLetter(Optional<String> sink, TableName table, String place, String values) {
    PipelineRun life = runningLife();
    TableName name = withLetters(life, table);
    long found =
        life.delivery().lanes().stream()
            .filter(lane -> sink.isEmpty() || sink.get().equals(lane.name()))
            .filter(lane -> lane.letters().wouldEdit(name, place, values))
            .count();
    if (found == 0) {
      throw StoppedLetters.noLetter(table, place);
    }
    life.delivery().event(new LaneEvent.Edit(sink, name, place, values));
  }

  /**
   * The rows that sinks did not take, as JSON: sink name to letters, those of a table in the order
   * of the log. They hold values of rows.
   */
  public Map<String, List<String>> letters() {
    Map<String, List<String>> letters = new LinkedHashMap<>();
    for (Lane lane : runningLife().delivery().lanes()) {
      letters.put(lane.name(), List.copyOf(lane.letters().all()));
    }
    return letters;
  }

  private PipelineRun runningLife() {
    PipelineRun life = current;
    if (life == null || !life.isOpen()) {
      throw new TidemarkException(
          ErrorCode.BUSY,
          "Cannot reach pipeline "
              + config.name()
              + ": it is starting or stopping. Try again in a moment.");
    }
    return life;
  }
}
