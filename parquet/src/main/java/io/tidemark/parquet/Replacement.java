package io.tidemark.parquet;

import io.tidemark.parquet.state.LakeFile;
import java.util.List;

/**
 * Files that take the place of others, published and not committed.
 *
 * @param removed those that shall no longer count
 * @param added those that shall count instead
 */
record Replacement(List<LakeFile> removed, List<LakeFile> added) {
  /** Nothing to replace. */
  static final Replacement NONE = new Replacement(List.of(), List.of());

  List<String> removedPaths() {
    return removed.stream().map(LakeFile::path).toList();
  }
}
