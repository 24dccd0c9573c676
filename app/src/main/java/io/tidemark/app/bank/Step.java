package io.tidemark.app.bank;

import java.util.OptionalLong;

/** One row that the bank writes. A list of steps is one database transaction. */
sealed interface Step {
  /** A new customer. */
  record Welcome(long id, String firstName, String lastName, String email) implements Step {}

  /** A customer's new e-mail address. */
  record ChangeEmail(long customerId, String email) implements Step {}

  /** A new account, empty. */
  record Open(long id, long customerId, String type, String currency) implements Step {}

  /** The end of an empty account; its bookings stay. */
  record Close(long accountId) implements Step {}

  /**
   * A row of {@code transactions}, and the change of the balance that goes with it.
   *
   * @param cents what it adds to its account, in hundredths
   * @param relatedId the other account of a transfer
   * @param completed whether it was carried out; a refused one changes no balance
   */
  record Book(
      long id, long accountId, Kind kind, long cents, OptionalLong relatedId, boolean completed)
      implements Step {
    String status() {
      return completed ? "COMPLETED" : "REFUSED";
    }
  }

  /** Kinds of bookings, named as the column {@code txn_type} has them. */
  enum Kind {
    DEPOSIT,
    WITHDRAWAL,
    TRANSFER
  }
}
