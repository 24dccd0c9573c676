package io.tidemark.app.bank;

import java.io.IOException;
import java.io.StringReader;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/**
 * Many rows by COPY. Each chunk is one transaction with customers and accounts of its own, whose
 * balances are those at the end of the chunk.
 */
final class BankBulk {
  /** Rows of the table transactions in one chunk at most. */
  static final int LARGEST_CHUNK = 100_000;

  private static final int BOOKINGS_PER_ACCOUNT = 50;

  /** Rows that were written: of the table transactions, and of all three. */
  record Chunk(long transactions, long rows) {}

  /** A row of accounts as it will be at the end of the chunk. */
  private record Account(Step.Open opened, long cents) {}

  private final Connection connection;
  private final BankSchema schema;
  private final SequenceIds ids;
  private final Random random;
  private final Map<Long, Step.Welcome> customers = new LinkedHashMap<>();
  private final Map<Long, Account> accounts = new LinkedHashMap<>();
  private final StringBuilder bookings = new StringBuilder();

  BankBulk(Connection connection, BankSchema schema, SequenceIds ids, Random random) {
    this.connection = connection;
    this.schema = schema;
    this.ids = ids;
    this.random = random;
  }

  /** Writes a chunk of exactly so many transactions. */
  Chunk write(int count) throws SQLException {
    customers.clear();
    accounts.clear();
    bookings.setLength(0);
    ids.reserve(Ids.Table.TRANSACTIONS, count);
    Bank bank = new Bank(random, ids);
    int written = 0;
    int founders = Math.min(count, Math.max(2, count / BOOKINGS_PER_ACCOUNT));
    while (written < founders) {
      written += gather(bank.welcome());
    }
    while (written < count) {
      // a transfer is two rows, for which the last place has no room
      written += gather(count - written < 2 ? bank.deposit() : bank.next());
    }
    copy();
    return new Chunk(written, written + customers.size() + accounts.size());
  }

  /** Takes the steps in and tells how many rows of transactions they are. */
  private int gather(List<Step> steps) {
    int booked = 0;
    for (Step step : steps) {
      if (step instanceof Step.Welcome welcome) {
        customers.put(welcome.id(), welcome);
      } else if (step instanceof Step.ChangeEmail change) {
        customers.computeIfPresent(
            change.customerId(),
            (id, old) -> new Step.Welcome(id, old.firstName(), old.lastName(), change.email()));
      } else if (step instanceof Step.Open open) {
        accounts.put(open.id(), new Account(open, 0));
      } else if (step instanceof Step.Close close) {
        accounts.remove(close.accountId());
      } else if (step instanceof Step.Book booking) {
        booked++;
        gather(booking);
      }
    }
    return booked;
  }

  private void gather(Step.Book booking) {
    if (booking.completed()) {
      accounts.computeIfPresent(
          booking.accountId(),
          (id, old) -> new Account(old.opened(), old.cents() + booking.cents()));
    }
    bookings.append(booking.id()).append('\t').append(booking.accountId()).append('\t');
    bookings.append(booking.kind()).append('\t').append(decimal(booking.cents())).append('\t');
    if (booking.relatedId().isPresent()) {
      bookings.append(booking.relatedId().getAsLong());
    } else {
      bookings.append("\\N");
    }
    bookings.append('\t').append(booking.status()).append('\n');
  }

  /** All three tables in one transaction. */
  private void copy() throws SQLException {
    StringBuilder people = new StringBuilder();
    for (Step.Welcome row : customers.values()) {
      people.append(row.id()).append('\t').append(row.firstName()).append('\t');
      people.append(row.lastName()).append('\t').append(row.email()).append('\n');
    }
    StringBuilder money = new StringBuilder();
    for (Account row : accounts.values()) {
      money.append(row.opened().id()).append('\t').append(row.opened().customerId()).append('\t');
      money.append(row.opened().type()).append('\t').append(decimal(row.cents())).append('\t');
      money.append(row.opened().currency()).append('\n');
    }
    connection.setAutoCommit(false);
    try {
      copy("customers", "id, first_name, last_name, email", people);
      copy("accounts", "id, customer_id, account_type, balance, currency", money);
      copy(
          "transactions", "id, account_id, txn_type, amount, related_account_id, status", bookings);
      connection.commit();
    } catch (SQLException e) {
      connection.rollback();
      throw e;
    } finally {
      connection.setAutoCommit(true);
    }
  }

  private void copy(String table, String columns, StringBuilder rows) throws SQLException {
    CopyManager manager = connection.unwrap(PGConnection.class).getCopyAPI();
    try {
      manager.copyIn(
          "COPY " + schema.qualified(table) + " (" + columns + ") FROM STDIN",
          new StringReader(rows.toString()));
    } catch (IOException e) {
      throw new SQLException("COPY into " + table + " was cut off: " + e.getMessage(), "08006", e);
    }
  }

  private static BigDecimal decimal(long cents) {
    return BigDecimal.valueOf(cents, 2);
  }
}
