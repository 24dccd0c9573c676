package io.tidemark.parquet.state;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.parquet.store.ObjectStore;
import io.tidemark.parquet.store.StoreException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;

/**
 * Reads the state of a lake, also while a writer commits and cleans old state up: what vanishes
 * between listing and reading is looked for again.
 */
public final class StateReader {
  private static final int ATTEMPTS = 20;

  /**
   * Listings that must agree that there is nothing: one of a folder can miss what is made while it
   * runs, and what it saw may be cleaned up.
   */
  private static final int EMPTY_LISTINGS = 5;

  private static final int PARALLEL = 8;

  private final ObjectStore store;

  public StateReader(ObjectStore store) {
    this.store = store;
  }

  /** An object was cleaned up between listing and reading. */
  private static final class Vanished extends Exception {
    private static final long serialVersionUID = 1L;
  }

  /** The state that is asked for; empty where the lake has none at all. */
  public Optional<LakeState> load(AsOf asOf) throws StoreException {
    for (int attempt = 1; ; attempt++) {
      TreeSet<Long> numbers = StateKeys.numbersAbove(store, 0);
      if (numbers.isEmpty()) {
        if (attempt < EMPTY_LISTINGS) {
          continue;
        }
        return Optional.empty();
      }
      try {
        return Optional.of(loadUpTo(numbers, find(numbers, asOf)));
      } catch (Vanished e) {
        if (attempt == ATTEMPTS) {
          throw incomplete(e);
        }
      }
    }
  }

  /** The newest object, without what came before it; empty where there is none. */
  Optional<StateObject> newest() throws StoreException {
    for (int attempt = 1; ; attempt++) {
      TreeSet<Long> numbers = StateKeys.numbersAbove(store, 0);
      if (numbers.isEmpty()) {
        if (attempt < EMPTY_LISTINGS) {
          continue;
        }
        return Optional.empty();
      }
      try {
        return Optional.of(object(numbers.last()));
      } catch (Vanished e) {
        if (attempt == ATTEMPTS) {
          throw incomplete(e);
        }
      }
    }
  }

  /** The object of a number; empty where there is none. */
  Optional<StateObject> find(long number) throws StoreException {
    String key = StateKeys.key(number);
    return store
        .read(key)
        .map(content -> StateCodec.read("state object " + number + " of " + store.name(), content));
  }

  private StateObject object(long number) throws StoreException, Vanished {
    return find(number).orElseThrow(Vanished::new);
  }

  /** First number of the unbroken row that ends at the newest object. */
  static long first(TreeSet<Long> numbers) {
    long first = numbers.last();
    while (numbers.contains(first - 1)) {
      first--;
    }
    return first;
  }

  private long find(TreeSet<Long> numbers, AsOf asOf) throws StoreException, Vanished {
    if (asOf instanceof AsOf.Tidemark wanted) {
      return search(
          numbers,
          object -> !wanted.lsn().isBefore(LakeState.position(object.tidemark()).lsn()),
          wanted.lsn().toString());
    } else if (asOf instanceof AsOf.Time wanted) {
      return search(
          numbers,
          object -> !wanted.instant().isBefore(instant(object.committedAt())),
          wanted.instant().toString());
    }
    return numbers.last();
  }

  /**
   * Numbers ascend with tidemark and time, so the newest that is not too new is found by halving.
   */
  private long search(TreeSet<Long> numbers, Predicate<StateObject> oldEnough, String wanted)
      throws StoreException, Vanished {
    long low = first(numbers);
    long high = numbers.last();
    StateObject found = null;
    while (low <= high) {
      long middle = low + (high - low) / 2;
      StateObject object = object(middle);
      if (oldEnough.test(object)) {
        found = object;
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    if (found == null || found.tidemark().isEmpty() || !isLoadable(numbers, found)) {
      throw tooEarly(numbers, wanted);
    }
    return found.number();
  }

  private TidemarkException tooEarly(TreeSet<Long> numbers, String wanted)
      throws StoreException, Vanished {
    String oldest = "nothing was committed yet.";
    for (long number : numbers.tailSet(first(numbers))) {
      StateObject object = object(number);
      if (!object.tidemark().isEmpty() && isLoadable(numbers, object)) {
        oldest =
            "the oldest tidemark kept is "
                + LakeState.position(object.tidemark())
                + " of "
                + instant(object.committedAt())
                + ". Ask for a later one.";
        break;
      }
    }
    return new TidemarkException(
        ErrorCode.QUERY, "Cannot read " + store.name() + " as of " + wanted + ": " + oldest);
  }

  private static boolean isLoadable(TreeSet<Long> numbers, StateObject object) {
    long first = first(numbers);
    return first == 1 || object.previousCheckpoint() >= first;
  }

  private static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }

  private LakeState loadUpTo(TreeSet<Long> numbers, long head) throws StoreException, Vanished {
    StateObject newest = object(head);
    long from = newest.previousCheckpoint() == 0 ? 1 : newest.previousCheckpoint();
    if (from < first(numbers)) {
      throw new Vanished();
    }
    LakeState state = new LakeState();
    for (StateObject object : objects(from, head - 1)) {
      state.apply(object);
    }
    state.apply(newest);
    return state;
  }

  private List<StateObject> objects(long from, long to) throws StoreException, Vanished {
    List<StateObject> found = new ArrayList<>();
    if (to - from < PARALLEL) {
      for (long number = from; number <= to; number++) {
        found.add(object(number));
      }
      return found;
    }
    ExecutorService readers = Executors.newFixedThreadPool(PARALLEL);
    try {
      List<Future<StateObject>> reads = new ArrayList<>();
      for (long number = from; number <= to; number++) {
        long wanted = number;
        reads.add(readers.submit(() -> object(wanted)));
      }
      for (Future<StateObject> read : reads) {
        found.add(read.get());
      }
      return found;
    } catch (ExecutionException e) {
      return rethrow(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreException(
          StoreException.Outcome.NOT_DONE, "Cannot read the state: interrupted.", e);
    } finally {
      readers.shutdownNow();
    }
  }

  private static List<StateObject> rethrow(Throwable cause) throws StoreException, Vanished {
    if (cause instanceof StoreException failed) {
      throw failed;
    } else if (cause instanceof Vanished vanished) {
      throw vanished;
    } else if (cause instanceof RuntimeException defect) {
      throw defect;
    }
    throw new IllegalStateException(cause);
  }

  private TidemarkException incomplete(Exception cause) {
    return new TidemarkException(
        ErrorCode.DESTINATION_CHANGED,
        "Cannot read the state of "
            + store.name()
            + ": objects under _tidemark/state are missing. Restore that folder from a backup, or"
            + " let the pipeline begin in an empty place.",
        cause);
  }
}
