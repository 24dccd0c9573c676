package io.tidemark.app.bank;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;

/**
 * Decides what happens at the bank. Knows every open account with its balance, so it must be the
 * only one that changes them. For the same random numbers, ids and accounts it decides the same.
 */
final class Bank {
  private static final List<String> TYPES = List.of("CHECKING", "SAVINGS", "BUSINESS");
  private static final List<String> CURRENCIES = List.of("EUR", "USD", "GBP", "CHF");
  private static final int LARGEST_CENTS = 500_000;

  private final Random random;
  private final Ids ids;
  private long[] customers = new long[64];
  private int customerCount;
  private long[] accounts = new long[64];
  private long[] balances = new long[64];
  private int accountCount;

  Bank(Random random, Ids ids) {
    this.random = random;
    this.ids = ids;
  }

  /** A customer that is there already. */
  void addCustomer(long id) {
    if (customerCount == customers.length) {
      customers = Arrays.copyOf(customers, customerCount * 2);
    }
    customers[customerCount++] = id;
  }

  /** An account that is there already. */
  void addAccount(long id, long cents) {
    if (accountCount == accounts.length) {
      accounts = Arrays.copyOf(accounts, accountCount * 2);
      balances = Arrays.copyOf(balances, accountCount * 2);
    }
    accounts[accountCount] = id;
    balances[accountCount++] = cents;
  }

  /** Number of open accounts. */
  int accounts() {
    return accountCount;
  }

  /** The steps of the next transaction, 1 or more. */
  List<Step> next() throws SQLException {
    if (accountCount < 2) {
      return welcome();
    }
    int dice = random.nextInt(100);
    if (dice < 36) {
      return deposit();
    } else if (dice < 58) {
      return List.of(book(anyAccount(), Step.Kind.WITHDRAWAL, -amount(), OptionalLong.empty()));
    } else if (dice < 84) {
      return transfer();
    } else if (dice < 90) {
      return welcome();
    } else if (dice < 94) {
      return open(customers[random.nextInt(customerCount)]);
    } else if (dice < 97) {
      return List.of(changeEmail());
    }
    return close();
  }

  /** Money comes in. */
  List<Step> deposit() throws SQLException {
    return List.of(book(anyAccount(), Step.Kind.DEPOSIT, amount(), OptionalLong.empty()));
  }

  /** A customer comes and opens an account. */
  List<Step> welcome() throws SQLException {
    long id = ids.next(Ids.Table.CUSTOMERS);
    addCustomer(id);
    List<Step> steps = new ArrayList<>();
    String first = Names.first(random);
    String last = Names.last(random);
    steps.add(new Step.Welcome(id, first, last, "customer" + id + "@example.com"));
    steps.addAll(open(id));
    return steps;
  }

  private List<Step> open(long customer) throws SQLException {
    long id = ids.next(Ids.Table.ACCOUNTS);
    addAccount(id, 0);
    String type = TYPES.get(random.nextInt(TYPES.size()));
    String currency = CURRENCIES.get(random.nextInt(CURRENCIES.size()));
    return List.of(
        new Step.Open(id, customer, type, currency),
        book(accountCount - 1, Step.Kind.DEPOSIT, amount(), OptionalLong.empty()));
  }

  /** Two bookings that cancel each other out, carried out both or neither. */
  private List<Step> transfer() throws SQLException {
    int from = anyAccount();
    int to = (from + 1 + random.nextInt(accountCount - 1)) % accountCount;
    long cents = amount();
    boolean completed = balances[from] >= cents;
    Step.Book out =
        record(from, Step.Kind.TRANSFER, -cents, OptionalLong.of(accounts[to]), completed);
    Step.Book in =
        record(to, Step.Kind.TRANSFER, cents, OptionalLong.of(accounts[from]), completed);
    return List.of(out, in);
  }

  private Step changeEmail() {
    long id = customers[random.nextInt(customerCount)];
    return new Step.ChangeEmail(
        id, "customer" + id + "." + random.nextInt(1_000_000) + "@example.org");
  }

  /** Only an empty account can be closed, so one with money is emptied in the same transaction. */
  private List<Step> close() throws SQLException {
    int account = anyAccount();
    if (balances[account] != 0) {
      return List.of(
          book(account, Step.Kind.WITHDRAWAL, -balances[account], OptionalLong.empty()),
          new Step.Close(remove(account)));
    }
    return List.of(new Step.Close(remove(account)));
  }

  private long remove(int account) {
    long id = accounts[account];
    accountCount--;
    accounts[account] = accounts[accountCount];
    balances[account] = balances[accountCount];
    return id;
  }

  private Step.Book book(int account, Step.Kind kind, long cents, OptionalLong related)
      throws SQLException {
    return record(account, kind, cents, related, balances[account] + cents >= 0);
  }

  private Step.Book record(
      int account, Step.Kind kind, long cents, OptionalLong related, boolean completed)
      throws SQLException {
    if (completed) {
      balances[account] += cents;
    }
    long id = ids.next(Ids.Table.TRANSACTIONS);
    return new Step.Book(id, accounts[account], kind, cents, related, completed);
  }

  private int anyAccount() {
    return random.nextInt(accountCount);
  }

  /** Mostly small amounts, some large. */
  private long amount() {
    long cents = 1 + random.nextInt(LARGEST_CENTS);
    return random.nextInt(4) == 0 ? cents : Math.max(1, cents / 20);
  }
}
