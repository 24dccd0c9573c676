package io.tidemark.postgres.stream;

/**
 * What a transaction in progress was told of one relation, and how its rows are decoded as they
 * come. Whether they count, and under which form, is decided when the transaction has committed.
 */
final class Reception {
  final Relation relation;

  /** How values are read; null where rows are kept as they come. */
  private RowBinding binding;

  /** Whose batch the table is filling. */
  private DecodedRows owner;

  /**
   * @param binding of a table of its own; null where rows cannot be decoded before the commit
   */
  Reception(Relation relation, RowBinding binding) {
    this.relation = relation;
    this.binding = binding;
  }

  boolean decodes() {
    return binding != null;
  }

  RowBinding binding() {
    return binding;
  }

  /** A value could not be read: whether that matters is known at the commit. */
  void giveUp() {
    binding = null;
  }

  /** Makes sure that the table has a batch for these rows; true when it is a new one. */
  boolean fills(DecodedRows rows) {
    if (owner == rows) {
      return false;
    }
    owner = rows;
    binding.table.open(binding.schema);
    return true;
  }
}
