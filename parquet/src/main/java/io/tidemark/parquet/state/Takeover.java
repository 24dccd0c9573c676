package io.tidemark.parquet.state;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.sink.SinkException;
import io.tidemark.parquet.store.Exclusion;
import io.tidemark.parquet.store.ObjectStore;
import io.tidemark.parquet.store.StoreException;
import io.tidemark.parquet.store.StoreException.Outcome;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Takes the writing of a lake over. In this order: read, so that a newer form, a missing bucket or
 * right is told before anything is written; try whether the store keeps two writers apart; claim.
 */
final class Takeover {
  private static final int CLAIM_ATTEMPTS = 50;

  private final ObjectStore store;
  private final StateReader reader;
  private final Clock clock;
  private final Claimant claimant;

  Takeover(ObjectStore store, StateReader reader, Clock clock, Claimant claimant) {
    this.store = store;
    this.reader = reader;
    this.clock = clock;
    this.claimant = claimant;
  }

  /**
   * Claims the next number, which is the new epoch.
   *
   * @throws SinkException.Fenced where the claimant comes back and another has claimed since
   */
  long claim(Exclusion exclusion) throws StoreException, SinkException.Fenced {
    reader.newest();
    if (exclusion == Exclusion.STORE) {
      probe();
    }
    return claim();
  }

  /** A store that ignores the condition would let two writers commit the same number. */
  private void probe() throws StoreException {
    String key = StateKeys.PROBE + UUID.randomUUID();
    byte[] content = "{}".getBytes(StandardCharsets.UTF_8);
    boolean refusedSecond;
    try {
      store.create(key, content);
      refusedSecond = !store.create(key, content);
      store.delete(List.of(key));
    } catch (StoreException e) {
      if (e.outcome() != Outcome.UNSUPPORTED) {
        throw e;
      }
      throw cannotExclude(e);
    }
    if (!refusedSecond) {
      throw cannotExclude(null);
    }
  }

  private TidemarkException cannotExclude(Exception cause) {
    return new TidemarkException(
        ErrorCode.DESTINATION_REFUSED,
        "Cannot write to "
            + store.name()
            + ": the store does not refuse to create an object twice, so two writers could not be"
            + " kept apart. Use another store, or guarantee that there is never a second writer"
            + " with 'single-writer: true'.",
        cause);
  }

  private long claim() throws StoreException, SinkException.Fenced {
    for (int attempt = 0; attempt < CLAIM_ATTEMPTS; attempt++) {
      Optional<StateObject> newest = reader.newest();
      if (newest.isEmpty()) {
        refuseForeignData();
      }
      if (newest.filter(claimant::lostTo).isPresent()) {
        throw new SinkException.Fenced(
            "Cannot go on writing to "
                + store.name()
                + ": another writer has taken it over since epoch "
                + claimant.held().getAsLong()
                + ". Stop one of the two.");
      }
      StateObject claim = claimAfter(newest);
      if (store.create(StateKeys.key(claim.number()), StateCodec.write(claim))
          && StateKeys.isHighest(store, claim.number())) {
        return claim.number();
      }
    }
    throw new TidemarkException(
        ErrorCode.BUSY,
        "Cannot take over the writing of "
            + store.name()
            + ": other writers keep claiming it. Stop all writers but one.");
  }

  private StateObject claimAfter(Optional<StateObject> newest) {
    long number = newest.map(StateObject::number).orElse(0L) + 1;
    return new StateObject(
        StateObject.FORMAT_VERSION,
        StateObject.CLAIM,
        number,
        number,
        claimant.id(),
        clock.instant().toString(),
        newest.map(StateObject::previousCheckpoint).orElse(0L),
        newest.map(StateObject::tidemark).orElse(Map.of()),
        newest.map(StateObject::committedAt).orElse(0L),
        Map.of(),
        List.of(),
        List.of(),
        null);
  }

  private void refuseForeignData() throws StoreException {
    long files = DataFiles.list(store).size();
    if (files > 0) {
      throw new TidemarkException(
          ErrorCode.DESTINATION_CHANGED,
          "Cannot begin in "
              + store.name()
              + ": it holds "
              + files
              + " data files of a lake but no state under _tidemark/state. Restore that folder"
              + " from a backup, or choose an empty place, or remove the files.");
    }
  }
}
