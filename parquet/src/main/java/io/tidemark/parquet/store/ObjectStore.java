package io.tidemark.parquet.store;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A place of named, immutable objects. Keys are relative to the root, their parts separated by
 * slashes. Any number of threads and processes may use a store at the same time.
 *
 * <p>{@link #create} is the one act on which everything rests: of any number of callers one wins,
 * and no reader ever sees half an object.
 */
public interface ObjectStore extends AutoCloseable {
  /** What messages call the place. */
  String name();

  /**
   * Creates an object, unless there is one of this key; durable on return.
   *
   * @return whether it was created; false where the key was taken
   */
  boolean create(String key, byte[] content) throws StoreException;

  /** The content of an object; empty where there is none. */
  Optional<byte[]> read(String key) throws StoreException;

  /**
   * Moves a finished local file to a key that no object has; durable after {@link #sync}. The local
   * file is gone afterwards.
   */
  void publish(Path file, String key) throws StoreException;

  /**
   * Gives an object a second name; durable after {@link #sync}. An object that has that name
   * already must be the same.
   */
  void copy(String from, String to) throws StoreException;

  /** Makes everything published durable. */
  void sync() throws StoreException;

  /**
   * Objects whose key begins with a prefix, in the order of keys.
   *
   * @param after only keys above this one; empty for all
   */
  List<StoredObject> list(String prefix, String after) throws StoreException;

  /** Removes objects; those that do not exist are no failure. */
  void delete(Collection<String> keys) throws StoreException;

  /** A local folder in which files to be published are to be written; exists. */
  Path staging() throws StoreException;

  /**
   * Removes what publishing left behind when a process died: local files in {@link #staging()} that
   * are named for writers below an epoch, unfinished uploads.
   *
   * @param ours whether a key can be one of a data file; uploads of anything else are somebody
   *     else's
   */
  void sweep(long epoch, Predicate<String> ours) throws StoreException;

  /** Where an object can be read directly; empty where it must be fetched first. */
  Optional<Path> local(String key);

  /**
   * Copies an object into a new local file.
   *
   * @return false where there is no such object
   */
  boolean fetch(String key, Path target) throws StoreException;

  @Override
  void close();
}
