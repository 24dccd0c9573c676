package io.tidemark.parquet.state;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Position;
import io.tidemark.api.sink.SinkException;
import io.tidemark.parquet.state.StateObject.Checkpoint;
import io.tidemark.parquet.state.StateObject.Retired;
import io.tidemark.parquet.store.Exclusion;
import io.tidemark.parquet.store.ObjectStore;
import io.tidemark.parquet.store.StoreException;
import io.tidemark.parquet.store.StoreException.Outcome;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * The writing side of a lake's state: takes the writing over by a claim, then appends commits. Each
 * act is the creation of the next numbered object, and counts only if that object is still the
 * highest afterwards: a number that a paused writer finds free again after a clean-up is a trap.
 *
 * <p>One thread at a time.
 */
public final class StateLog {
  /** Joined files that are shown by one commit of a pipeline, which waits for it. */
  private static final int MOST_SHOWN = 100;

  private final ObjectStore store;
  private final StateReader reader;
  private final Retention retention;
  private final Clock clock;
  private LakeState state;
  private long epoch;
  private boolean fenced;

  /** Paths at which the next commit shows joined files; the same however often it is tried. */
  private final Map<LakeFile, String> shownPaths = new HashMap<>();

  private StateLog(ObjectStore store, Retention retention, Clock clock) {
    this.store = store;
    this.reader = new StateReader(store);
    this.retention = retention;
    this.clock = clock;
  }

  /** What became superfluous by a commit and may be deleted now. */
  public record Superfluous(List<String> files, long stateBelow) {
    static final Superfluous NOTHING = new Superfluous(List.of(), 0);

    /** Whether there is nothing to delete. */
    public boolean isEmpty() {
      return files.isEmpty() && stateBelow == 0;
    }
  }

  /**
   * Takes the writing over. Afterwards no other writer can commit.
   *
   * @throws TidemarkException where the place must not be written to: its state is newer than this
   *     program, or missing while data exists, or the store cannot keep two writers apart
   */
  public static StateLog claim(
      ObjectStore store, Exclusion exclusion, Retention retention, Clock clock)
      throws StoreException {
    try {
      return claim(store, exclusion, retention, clock, Claimant.newcomer());
    } catch (SinkException.Fenced e) {
      throw new IllegalStateException("A newcomer takes over from anybody.", e);
    }
  }

  /**
   * The same for a writer that may have held the writing before.
   *
   * @throws SinkException.Fenced where it has, and another has claimed since
   */
  public static StateLog claim(
      ObjectStore store, Exclusion exclusion, Retention retention, Clock clock, Claimant claimant)
      throws StoreException, SinkException.Fenced {
    StateLog log = new StateLog(store, retention, clock);
    log.epoch = new Takeover(store, log.reader, clock, claimant).claim(exclusion);
    log.readOwn();
    return log;
  }

  private void readOwn() throws StoreException {
    state = reader.load(AsOf.LATEST).orElseThrow();
    if (state.number() != epoch) {
      throw new StoreException(
          Outcome.NOT_DONE,
          "Cannot read the state of " + store.name() + ": another writer took it over just now.",
          null);
    }
  }

  /**
   * Removes what dead writers left: data files that no commit covers. Looks at the files first and
   * at the state afterwards, and takes only files named for commits up to its own claim, so that it
   * cannot touch those of a writer that took over in the meantime.
   *
   * @return how many files were removed
   */
  public int removeOrphans() throws StoreException {
    Map<String, Long> found = DataFiles.list(store);
    readOwn();
    List<String> missing =
        state.files().stream()
            .map(LakeFile::path)
            .filter(path -> !found.containsKey(path))
            .toList();
    if (!missing.isEmpty()) {
      throw new TidemarkException(
          ErrorCode.DESTINATION_CHANGED,
          "Cannot continue in "
              + store.name()
              + ": "
              + missing.size()
              + " data files that its state names are missing, the first is "
              + missing.get(0)
              + ". Restore them from a backup, or let the pipeline begin in an empty place.");
    }
    List<String> orphans = new ArrayList<>();
    found.forEach(
        (path, number) -> {
          if (number <= epoch && !state.knows(path)) {
            orphans.add(path);
          }
        });
    store.delete(orphans);
    return orphans.size();
  }

  /** What is committed. */
  public LakeState state() {
    return state;
  }

  /** The epoch that was claimed. */
  public long epoch() {
    return epoch;
  }

  /** The number that the next commit will have. */
  public long nextNumber() {
    return state.number() + 1;
  }

  /**
   * What a commit changes.
   *
   * @param tidemark the new position, at or above the present one
   * @param committedAt commit time of the last transaction below it, microseconds since 1970 UTC
   * @param entries entries that are set, or removed where empty
   * @param added files that count from here on
   * @param removed paths of files that no longer count
   */
  public record Change(
      Position tidemark,
      long committedAt,
      SortedMap<String, Optional<String>> entries,
      List<LakeFile> added,
      List<String> removed) {}

  /** A change of files that leaves tidemark and entries as they are. */
  public Change replacing(List<String> removed, List<LakeFile> added) {
    return new Change(state.tidemark(), state.committedAt(), new TreeMap<>(), added, removed);
  }

  /**
   * Makes a change count.
   *
   * @return what may be deleted from now on
   */
  public Superfluous commit(Change change) throws SinkException {
    StateObject delta = delta(change);
    if (!isCheckpointDue()) {
      append(delta);
      return Superfluous.NOTHING;
    }
    return commitCheckpoint(delta, retention, MOST_SHOWN);
  }

  /**
   * Makes a change count by an object that carries the whole state, and ends the retention of older
   * ones.
   *
   * @return what may be deleted from now on
   */
  public Superfluous commitWhole(Change change, Retention kept) throws SinkException {
    return commitCheckpoint(delta(change), kept, Integer.MAX_VALUE);
  }

  private StateObject delta(Change change) throws SinkException {
    if (fenced) {
      throw fenced();
    }
    if (!change.tidemark().covers(state.tidemark())) {
      throw new IllegalArgumentException(
          "Cannot commit tidemark "
              + change.tidemark()
              + ": the lake is at "
              + state.tidemark()
              + ".");
    }
    SortedMap<String, String> plain = new TreeMap<>();
    change.entries().forEach((key, value) -> plain.put(key, value.orElse(null)));
    List<Long> checkpoints = state.checkpoints();
    return new StateObject(
        StateObject.FORMAT_VERSION,
        StateObject.COMMIT,
        nextNumber(),
        epoch,
        UUID.randomUUID().toString(),
        clock.instant().toString(),
        checkpoints.isEmpty() ? 0 : checkpoints.get(checkpoints.size() - 1),
        LakeState.parts(change.tidemark()),
        Math.max(change.committedAt(), state.committedAt()),
        plain,
        change.added(),
        change.removed(),
        null);
  }

  private boolean isCheckpointDue() {
    int commits = state.commitsSinceCheckpoint();
    return commits >= retention.checkpointEvery()
        && (state.filesSinceCheckpoint() * 4 >= state.files().size()
            || commits >= 10L * retention.checkpointEvery());
  }

  private Superfluous commitCheckpoint(StateObject delta, Retention kept, int mostShown)
      throws SinkException {
    Retirement retirement =
        new Retirement(state.checkpoints(), delta.number(), kept, clock.instant());
    StateObject whole = delta.showing(show(retirement.toShow(after(delta), mostShown)));
    LakeState after = after(whole);
    List<Retired> dropped = retirement.dropped(after);
    List<Retired> retired = new ArrayList<>(after.retired());
    retired.removeAll(dropped);
    append(
        whole.asCheckpoint(
            new Checkpoint(
                after.entries(), List.copyOf(after.files()), retired, retirement.checkpoints())));
    return new Superfluous(dropped.stream().map(Retired::path).toList(), retirement.floor());
  }

  private LakeState after(StateObject object) {
    LakeState after = state.copy();
    after.apply(object);
    return after;
  }

  /**
   * Gives joined files their names beside the others. From here to the deletion of what they stand
   * for, readers that only list files see their rows twice. The names are of this commit: what a
   * writer that died had shown is deleted by those after it, however late.
   */
  private Map<LakeFile, LakeFile> show(List<LakeFile> files) throws SinkException {
    Map<LakeFile, LakeFile> shown = new LinkedHashMap<>();
    try {
      for (LakeFile file : files) {
        String path =
            shownPaths.computeIfAbsent(
                file, aside -> aside.shownPath(nextNumber(), shownPaths.size()));
        store.copy(file.path(), path);
        shown.put(file, file.shown(path));
      }
      store.sync();
      return shown;
    } catch (StoreException e) {
      throw new SinkException.Retryable(e.getMessage(), e);
    }
  }

  private void append(StateObject object) throws SinkException {
    if (!create(object)) {
      fenced = true;
      throw fenced();
    }
    checkHighest(object.number());
    state.apply(object);
    shownPaths.clear();
  }

  /** Whether the number is taken by this very object. */
  private boolean create(StateObject object) throws SinkException {
    try {
      return store.create(StateKeys.key(object.number()), StateCodec.write(object))
          || isOwn(object).orElse(false);
    } catch (StoreException e) {
      if (e.outcome() != Outcome.UNKNOWN) {
        throw new SinkException.Retryable(e.getMessage(), e);
      }
      try {
        // Where the number is not taken the creation may still be on its way.
        return isOwn(object).orElseThrow(() -> new SinkException.OutcomeUnknown(e.getMessage(), e));
      } catch (StoreException unreadable) {
        e.addSuppressed(unreadable);
        throw new SinkException.OutcomeUnknown(e.getMessage(), e);
      }
    }
  }

  /**
   * Whether the object of a number is the one that was to be created, as it is when the answer to
   * its creation was lost; empty where there is none.
   */
  private Optional<Boolean> isOwn(StateObject object) throws StoreException {
    return reader.find(object.number()).map(found -> found.flush().equals(object.flush()));
  }

  private void checkHighest(long number) throws SinkException {
    boolean highest;
    try {
      highest = StateKeys.isHighest(store, number);
    } catch (StoreException e) {
      throw new SinkException.OutcomeUnknown(e.getMessage(), e);
    }
    if (!highest) {
      fenced = true;
      throw fenced();
    }
  }

  private SinkException.Fenced fenced() {
    return new SinkException.Fenced(
        "Cannot commit to "
            + store.name()
            + ": another writer has taken it over since epoch "
            + epoch
            + ". Stop one of the two.");
  }

  /** Deletes what a commit made superfluous. May be called by another thread. */
  public void delete(Superfluous superfluous) throws StoreException {
    store.delete(superfluous.files());
    List<String> old = new ArrayList<>();
    for (long number : StateKeys.numbersAbove(store, 0)) {
      if (number < superfluous.stateBelow()) {
        old.add(StateKeys.key(number));
      }
    }
    store.delete(old);
  }
}
