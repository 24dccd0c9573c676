package io.tidemark.postgres.snapshot;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A run of a relation's pages.
 *
 * @param fromPage first page
 * @param toPage first page past it; empty for the end of the relation
 */
record Chunk(long fromPage, Optional<Long> toPage) {
  /** Pages of one chunk: 64 MiB of the usual 8 KiB. */
  static final long PAGES = 8192;

  /** Parts a relation of a number of pages; the last part has no end. */
  static List<Chunk> parts(long pages) {
    List<Chunk> chunks = new ArrayList<>();
    for (long from = 0; from == 0 || from < pages; from += PAGES) {
      long to = from + PAGES;
      chunks.add(new Chunk(from, to < pages ? Optional.of(to) : Optional.empty()));
    }
    return chunks;
  }

  /** Whether it is all of the relation. */
  private boolean isWhole() {
    return fromPage == 0 && toPage.isEmpty();
  }

  /** The SQL condition on ctid, if any; a range of it is read without touching other pages. */
  List<String> conditions() {
    return isWhole() ? List.of() : List.of(condition());
  }

  private String condition() {
    return "ctid >= '("
        + fromPage
        + ",0)'::tid"
        + toPage.map(page -> " AND ctid < '(" + page + ",0)'::tid").orElse("");
  }
}
