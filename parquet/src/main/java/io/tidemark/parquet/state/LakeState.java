package io.tidemark.parquet.state;

import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Position;
import io.tidemark.parquet.state.StateObject.Checkpoint;
import io.tidemark.parquet.state.StateObject.Retired;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Everything that state objects say up to one of them: entries, files, tidemark. Grown object by
 * object in the order of their numbers; not for several threads.
 */
public final class LakeState {
  private final SortedMap<String, String> entries = new TreeMap<>();
  private final Map<String, LakeFile> files = new LinkedHashMap<>();
  private final Map<String, Retired> retired = new LinkedHashMap<>();
  private final List<Long> checkpoints = new ArrayList<>();
  private long number;
  private long epoch;
  private Position tidemark = Position.NONE;
  private long committedAt;
  private int commitsSinceCheckpoint;
  private long filesSinceCheckpoint;

  LakeState() {}

  /** Takes the next object in. */
  void apply(StateObject object) {
    if (object.isCheckpoint()) {
      restart(object.checkpoint());
    } else if (!object.isClaim()) {
      change(object);
    }
    number = object.number();
    epoch = object.epoch();
    tidemark = position(object.tidemark());
    committedAt = object.committedAt();
  }

  /** The same state, to be changed apart. */
  LakeState copy() {
    LakeState copy = new LakeState();
    copy.entries.putAll(entries);
    copy.files.putAll(files);
    copy.retired.putAll(retired);
    copy.checkpoints.addAll(checkpoints);
    copy.number = number;
    copy.epoch = epoch;
    copy.tidemark = tidemark;
    copy.committedAt = committedAt;
    copy.commitsSinceCheckpoint = commitsSinceCheckpoint;
    copy.filesSinceCheckpoint = filesSinceCheckpoint;
    return copy;
  }

  private void restart(Checkpoint checkpoint) {
    entries.clear();
    entries.putAll(checkpoint.entries());
    files.clear();
    checkpoint.files().forEach(file -> files.put(file.path(), file));
    retired.clear();
    checkpoint.retired().forEach(file -> retired.put(file.path(), file));
    checkpoints.clear();
    checkpoints.addAll(checkpoint.checkpoints());
    commitsSinceCheckpoint = 0;
    filesSinceCheckpoint = 0;
  }

  private void change(StateObject object) {
    object
        .changes()
        .forEach(
            (key, value) -> {
              if (value == null) {
                entries.remove(key);
              } else {
                entries.put(key, value);
              }
            });
    for (String path : object.removed()) {
      files.remove(path);
      retired.put(path, new Retired(path, object.number(), object.writtenAt()));
    }
    object.added().forEach(file -> files.put(file.path(), file));
    commitsSinceCheckpoint++;
    filesSinceCheckpoint += object.added().size() + object.removed().size();
  }

  static Position position(Map<String, String> parts) {
    TreeMap<String, Long> places = new TreeMap<>();
    parts.forEach((partition, lsn) -> places.put(partition, Lsn.parse(lsn).value()));
    return new Position(places);
  }

  static Map<String, String> parts(Position position) {
    TreeMap<String, String> parts = new TreeMap<>();
    position.parts().forEach((partition, place) -> parts.put(partition, new Lsn(place).toString()));
    return parts;
  }

  /** Number of the last object. */
  public long number() {
    return number;
  }

  /** Epoch of the last object's writer. */
  public long epoch() {
    return epoch;
  }

  /** The tidemark; {@link Position#NONE} before the first commit. */
  public Position tidemark() {
    return tidemark;
  }

  /** Commit time of the last transaction below the tidemark, microseconds since 1970 UTC. */
  public long committedAt() {
    return committedAt;
  }

  /** The pipeline's own state. */
  public SortedMap<String, String> entries() {
    return Collections.unmodifiableSortedMap(entries);
  }

  /** The files that count, oldest first. */
  public Collection<LakeFile> files() {
    return Collections.unmodifiableCollection(files.values());
  }

  /** Whether a file is known: counts now, or counted at a retained tidemark. */
  public boolean knows(String path) {
    return files.containsKey(path) || retired.containsKey(path);
  }

  /** Whether a file counts. */
  public boolean counts(String path) {
    return files.containsKey(path);
  }

  Collection<Retired> retired() {
    return retired.values();
  }

  List<Long> checkpoints() {
    return checkpoints;
  }

  int commitsSinceCheckpoint() {
    return commitsSinceCheckpoint;
  }

  long filesSinceCheckpoint() {
    return filesSinceCheckpoint;
  }
}
