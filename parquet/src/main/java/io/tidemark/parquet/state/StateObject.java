package io.tidemark.parquet.state;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One numbered object as it is stored. Version 1 of the form; docs/guide/lake.md describes it for
 * those who read it without us.
 *
 * @param formatVersion version of the form
 * @param kind {@code claim} or {@code commit}
 * @param number its place in the order; also its name
 * @param epoch number of the claim under which it was written; its own for a claim
 * @param flush unique to this object, by which its writer knows it again
 * @param writtenAt when it was written, by the writer's clock, ISO 8601 in UTC
 * @param previousCheckpoint number of the newest checkpoint at or before this object, 0 where there
 *     is none
 * @param tidemark for each partition of the source the first LSN that is not in the lake
 * @param committedAt commit time of the last transaction below the tidemark, microseconds since
 *     1970 UTC; never lower than in an earlier object
 * @param changes entries of the pipeline's state that this commit sets, or removes where null
 * @param added files that count from here on
 * @param removed paths of files that no longer count
 * @param checkpoint the whole state behind this commit, in some commits
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record StateObject(
    int formatVersion,
    String kind,
    long number,
    long epoch,
    String flush,
    String writtenAt,
    long previousCheckpoint,
    Map<String, String> tidemark,
    long committedAt,
    @JsonInclude(content = JsonInclude.Include.ALWAYS) Map<String, String> changes,
    List<LakeFile> added,
    List<String> removed,
    Checkpoint checkpoint) {
  /** The version that this program writes, and the newest that it reads. */
  public static final int FORMAT_VERSION = 1;

  static final String CLAIM = "claim";
  static final String COMMIT = "commit";

  /**
   * The whole state.
   *
   * @param entries the pipeline's state
   * @param files every file that counts
   * @param retired files that counted in an earlier retained commit
   * @param checkpoints numbers of the retained checkpoints, this one included, ascending
   */
  public record Checkpoint(
      Map<String, String> entries,
      List<LakeFile> files,
      List<Retired> retired,
      List<Long> checkpoints) {}

  /**
   * A file that no longer counts but is still there for readers of earlier tidemarks.
   *
   * @param path its key
   * @param number the commit that removed it
   * @param retiredAt when, ISO 8601 in UTC
   */
  public record Retired(String path, long number, String retiredAt) {}

  /**
   * The same commit, by which files that lay aside come beside the others of their table.
   *
   * @param shown for each file that lay aside the same beside the others
   */
  StateObject showing(Map<LakeFile, LakeFile> shown) {
    List<LakeFile> addedThen = new ArrayList<>(added);
    addedThen.removeAll(shown.keySet());
    addedThen.addAll(shown.values());
    List<String> removedThen = new ArrayList<>(removed);
    shown.keySet().forEach(file -> removedThen.add(file.path()));
    return new StateObject(
        formatVersion,
        kind,
        number,
        epoch,
        flush,
        writtenAt,
        previousCheckpoint,
        tidemark,
        committedAt,
        changes,
        addedThen,
        removedThen,
        checkpoint);
  }

  /** The same commit, carrying the whole state too. */
  StateObject asCheckpoint(Checkpoint whole) {
    return new StateObject(
        formatVersion,
        kind,
        number,
        epoch,
        flush,
        writtenAt,
        number,
        tidemark,
        committedAt,
        changes,
        added,
        removed,
        whole);
  }

  boolean isClaim() {
    return kind.equals(CLAIM);
  }

  boolean isCheckpoint() {
    return checkpoint != null;
  }
}
