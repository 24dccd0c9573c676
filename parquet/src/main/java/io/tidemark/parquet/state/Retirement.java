package io.tidemark.parquet.state;

import io.tidemark.parquet.state.StateObject.Retired;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a commit that carries the whole state lets go of: older state, files that no retained
 * tidemark needs. Where those were all that readers who only list files saw of a joined file, it
 * takes their place by the same commit.
 */
final class Retirement {
  private final long floor;
  private final Instant young;
  private final List<Long> checkpoints;

  /**
   * A retirement by a commit.
   *
   * @param before numbers of the checkpoints that are retained before it
   * @param number of the commit
   */
  Retirement(List<Long> before, long number, Retention retention, Instant now) {
    List<Long> all = new ArrayList<>(before);
    all.add(number);
    long oldest = 0;
    for (long checkpoint : all) {
      if (number - checkpoint >= retention.tidemarks()) {
        oldest = checkpoint;
      }
    }
    this.floor = oldest;
    this.young = now.minus(retention.grace());
    this.checkpoints = all.stream().filter(checkpoint -> checkpoint >= floor).toList();
  }

  /** The oldest checkpoint that the retained tidemarks need; 0 where none can go. */
  long floor() {
    return floor;
  }

  /** Numbers of the checkpoints that are retained after it. */
  List<Long> checkpoints() {
    return checkpoints;
  }

  /** Whether no retained tidemark and no reader that has begun needs a file. */
  private boolean isOver(Retired file) {
    return file.number() <= floor && !Instant.parse(file.retiredAt()).isAfter(young);
  }

  /**
   * Files to be brought beside the others of their table: all that they stand for can go.
   *
   * @param most at once, since somebody waits for the commit
   */
  List<LakeFile> toShow(LakeState after, int most) {
    Set<String> needed = new HashSet<>();
    after.retired().stream().filter(file -> !isOver(file)).forEach(file -> needed.add(file.path()));
    return after.files().stream()
        .filter(file -> file.isAside() && file.standsFor().stream().noneMatch(needed::contains))
        .limit(most)
        .toList();
  }

  /** The files that can be deleted once the commit is done. */
  List<Retired> dropped(LakeState after) {
    Set<String> shown = new HashSet<>();
    after.files().forEach(file -> shown.addAll(file.standsFor()));
    return after.retired().stream()
        .filter(file -> isOver(file) && !shown.contains(file.path()))
        .toList();
  }
}
