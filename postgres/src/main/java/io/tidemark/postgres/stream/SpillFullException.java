package io.tidemark.postgres.stream;

/**
 * Transactions in progress take more of the local disk than they may. Reading again without
 * streaming needs no disk: the server then keeps them itself until they commit.
 */
public final class SpillFullException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  SpillFullException(long limit) {
    super(
        String.format(
            "transactions in progress need more than stream.spill-max-bytes (%,d) of local disk",
            limit));
  }
}
