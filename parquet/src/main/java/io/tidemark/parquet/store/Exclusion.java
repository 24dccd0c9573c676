package io.tidemark.parquet.store;

/** Who keeps two writers apart. */
public enum Exclusion {
  /** The store: it creates an object only where none is. */
  STORE,
  /** The user, who guarantees that there is one writer; the store cannot. */
  USER
}
