package io.tidemark.parquet;

import io.tidemark.parquet.state.DataFiles;
import io.tidemark.parquet.store.ObjectStore;
import io.tidemark.parquet.store.StoreException;
import io.tidemark.parquet.store.StoreException.Outcome;
import io.tidemark.parquet.store.StoredObject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** A real store in which a test can do something before an act, or let its answer be lost. */
public final class HookedStore implements ObjectStore {
  private final ObjectStore store;

  /** Done once before the next creation of a state object. */
  public Runnable beforeCreate = () -> {};

  /** Done once before the next deletion of data files. */
  public Runnable beforeDelete = () -> {};

  /** Done before a file is published under a key, by the thread that publishes it. */
  public Consumer<String> beforePublish = key -> {};

  /** Whether the answer to the next creation of a state object is lost. */
  public boolean loseAnswer;

  /** Whether the next creation of a state object does not arrive, and no answer comes. */
  public boolean loseRequest;

  /** Whether objects cannot be read. */
  public boolean unreadable;

  /** Whether the client sends each creation of a commit twice, as it does after a lost answer. */
  public boolean sendsTwice;

  /** Whether a creation does not look whether the key is taken. */
  public boolean ignoresCondition;

  /** Acts that are still done; the process dies at the next one, and does nothing more. */
  public long actsBeforeDeath = Long.MAX_VALUE;

  /** Whether the next publishing fails. */
  public boolean failPublish;

  public HookedStore(ObjectStore store) {
    this.store = store;
  }

  private synchronized void act() throws StoreException {
    if (actsBeforeDeath <= 0) {
      throw new StoreException(Outcome.NOT_DONE, "Cannot do anything: the process died.", null);
    }
    actsBeforeDeath--;
  }

  @Override
  public String name() {
    return store.name();
  }

  @Override
  public boolean create(String key, byte[] content) throws StoreException {
    if (key.contains("/state/")) {
      Runnable once = beforeCreate;
      beforeCreate = () -> {};
      once.run();
    }
    if (loseRequest && key.contains("/state/")) {
      loseRequest = false;
      throw new StoreException(Outcome.UNKNOWN, "Cannot create " + key + ": timed out.", null);
    }
    if (ignoresCondition) {
      store.delete(List.of(key));
    }
    act();
    boolean created = store.create(key, content);
    if (sendsTwice && new String(content, StandardCharsets.UTF_8).contains("\"commit\"")) {
      created = store.create(key, content);
    }
    if (loseAnswer && key.contains("/state/")) {
      loseAnswer = false;
      throw new StoreException(Outcome.UNKNOWN, "Cannot create " + key + ": timed out.", null);
    }
    return created;
  }

  @Override
  public Optional<byte[]> read(String key) throws StoreException {
    if (unreadable) {
      throw new StoreException(Outcome.UNKNOWN, "Cannot read " + key + ": timed out.", null);
    }
    return store.read(key);
  }

  @Override
  public void publish(Path file, String key) throws StoreException {
    if (failPublish) {
      failPublish = false;
      throw new StoreException(Outcome.UNKNOWN, "Cannot publish " + key + ": timed out.", null);
    }
    beforePublish.accept(key);
    act();
    store.publish(file, key);
  }

  @Override
  public void copy(String from, String to) throws StoreException {
    act();
    store.copy(from, to);
  }

  @Override
  public void sync() throws StoreException {
    act();
    store.sync();
  }

  @Override
  public List<StoredObject> list(String prefix, String after) throws StoreException {
    return store.list(prefix, after);
  }

  @Override
  public void delete(Collection<String> keys) throws StoreException {
    if (keys.stream().anyMatch(DataFiles::isName)) {
      Runnable once = beforeDelete;
      beforeDelete = () -> {};
      once.run();
    }
    for (String key : keys) {
      act();
      store.delete(List.of(key));
    }
  }

  @Override
  public Path staging() throws StoreException {
    return store.staging();
  }

  @Override
  public void sweep(long epoch, Predicate<String> ours) throws StoreException {
    store.sweep(epoch, ours);
  }

  @Override
  public Optional<Path> local(String key) {
    return store.local(key);
  }

  @Override
  public boolean fetch(String key, Path target) throws StoreException {
    return store.fetch(key, target);
  }

  @Override
  public void close() {
    store.close();
  }
}
