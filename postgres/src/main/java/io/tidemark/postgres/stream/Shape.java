package io.tidemark.postgres.stream;

/** A relation as one RELATION message described it, and what its rows become. */
final class Shape {
  final Relation relation;
  final long receipt;
  final boolean orphaned;

  /** Where the rows go; null before the resolver was asked, and where they are not captured. */
  RowBinding binding;

  /** Generation of the resolver's answer, meaningless before it was {@link #asked}. */
  long generation;

  /** Whether the resolver was asked. */
  boolean asked;

  /** The check (see {@link RowGatherer}) in which {@link #active} was decided. */
  long checked = -1;

  /** Where rows go in the present transaction; null where they are left out. */
  RowBinding active;

  Shape(Relation relation, long receipt, boolean orphaned) {
    this.relation = relation;
    this.receipt = receipt;
    this.orphaned = orphaned;
  }
}
