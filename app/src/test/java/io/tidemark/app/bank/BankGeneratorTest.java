package io.tidemark.app.bank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BankGeneratorTest {
  private static EmbeddedPostgres pg;

  @BeforeAll
  static void startServer() {
    pg = EmbeddedPostgres.start(Version.V18);
  }

  @AfterAll
  static void stopServer() {
    pg.close();
  }

  @Test
  void aRoundHoldsEveryKindOfBusinessAndTheBalancesAgree() throws SQLException {
    BankSchema bank = new BankSchema("round");
    try (BankGenerator generator = new BankGenerator(database("postgres"), bank, 1)) {
      generator.open();
      for (int i = 0; i < 5; i++) {
        generator.once();
      }
      assertThat(generator.transactions()).isEqualTo(510);
    }
    assertPromiseHolds("postgres", bank);
    assertThat(ask("postgres", "SELECT DISTINCT txn_type || ' ' || status FROM round.transactions"))
        .contains(
            "DEPOSIT COMPLETED",
            "WITHDRAWAL COMPLETED",
            "WITHDRAWAL REFUSED",
            "TRANSFER COMPLETED",
            "TRANSFER REFUSED");
    assertThat(
            ask(
                "postgres",
                "SELECT count(*) > 0 FROM round.transactions t WHERE NOT EXISTS"
                    + " (SELECT FROM round.accounts a WHERE a.id = t.account_id)"))
        .as("accounts were closed")
        .containsExactly("t");
    assertThat(ask("postgres", "SELECT count(*) > 0 FROM round.customers WHERE email LIKE '%.org'"))
        .as("addresses were changed")
        .containsExactly("t");
  }

  @Test
  void theSameSeedWritesTheSameRows() throws SQLException {
    List<List<String>> banks = new ArrayList<>();
    for (String schema : List.of("first", "second")) {
      BankSchema bank = new BankSchema(schema);
      try (BankGenerator generator = new BankGenerator(database("postgres"), bank, 42)) {
        generator.open();
        generator.bulk(700);
      }
      try (BankGenerator generator = new BankGenerator(database("postgres"), bank, 43)) {
        generator.open();
        generator.once();
      }
      List<String> rows = new ArrayList<>();
      for (String table : BankSchema.TABLES) {
        rows.addAll(
            ask(
                "postgres",
                "SELECT (to_jsonb(t) - 'created_at')::text FROM "
                    + bank.qualified(table)
                    + " t"
                    + " ORDER BY id"));
      }
      banks.add(rows);
    }
    assertThat(banks.get(0)).hasSizeGreaterThan(700).isEqualTo(banks.get(1));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 99, 250_001})
  void bulkWritesExactlySoManyTransactionsAndTheBalancesAgree(long count) throws SQLException {
    String database = "bulk" + count;
    pg.createDatabase(database);
    BankSchema bank = new BankSchema("public");
    try (BankGenerator generator = new BankGenerator(database(database), bank, 7)) {
      generator.open();
      generator.bulk(count);
    }
    assertPromiseHolds(database, bank);
    assertThat(ask(database, "SELECT count(*) FROM transactions"))
        .containsExactly(Long.toString(count));
  }

  @Test
  void aSecondGeneratorIsTurnedAway() throws SQLException {
    BankSchema bank = new BankSchema("alone");
    try (BankGenerator first = new BankGenerator(database("postgres"), bank, 1);
        BankGenerator second = new BankGenerator(database("postgres"), bank, 1)) {
      first.open();
      second.stop(); // so that it does not wait for the lock
      assertThatThrownBy(second::open)
          .isInstanceOf(TidemarkException.class)
          .hasMessageContaining("another generator is writing there");
    }
  }

  @Test
  void foreignTablesOfTheSameNameAreLeftAlone() throws SQLException {
    pg.execute("CREATE SCHEMA shop", "CREATE TABLE shop.customers (id int, basket text)");
    try (BankGenerator generator =
        new BankGenerator(database("postgres"), new BankSchema("shop"), 1)) {
      assertThatThrownBy(generator::open)
          .isInstanceOf(TidemarkException.class)
          .hasMessageContaining("Cannot use table shop.customers")
          .hasMessageContaining("Choose another schema");
    }
  }

  @Test
  void goesOnAfterTheServerCrashedAndLosesNothingItCounted() throws Exception {
    try (EmbeddedPostgres own = EmbeddedPostgres.start(Version.V15)) {
      BankSchema bank = new BankSchema("public");
      BankGenerator generator = new BankGenerator(connections(own, "postgres"), bank, 5);
      CompletableFuture<Void> running =
          CompletableFuture.runAsync(
              () -> {
                try (generator) {
                  generator.run(500);
                } catch (SQLException e) {
                  throw new IllegalStateException(e);
                }
              });
      awaitTransactions(generator, running, 200);
      own.kill();
      own.restart();
      awaitTransactions(generator, running, generator.transactions() + 200);
      generator.stop();
      running.get();
      assertThat(generator.problem()).isEmpty();
      assertPromiseHolds(own, "postgres", bank);
    }
  }

  private static void awaitTransactions(
      BankGenerator generator, CompletableFuture<Void> running, long count) {
    while (generator.transactions() < count && !running.isDone()) {
      Thread.onSpinWait();
    }
    assertThat(running).isNotDone();
  }

  private static void assertPromiseHolds(String database, BankSchema bank) throws SQLException {
    assertPromiseHolds(pg, database, bank);
  }

  private static void assertPromiseHolds(EmbeddedPostgres server, String database, BankSchema bank)
      throws SQLException {
    assertThat(ask(server, database, bank.unbalanced())).isEmpty();
    assertThat(ask(server, database, bank.transferred()))
        .singleElement()
        .satisfies(sum -> assertThat(Double.parseDouble(sum)).isZero());
  }

  private static List<String> ask(String database, String sql) throws SQLException {
    return ask(pg, database, sql);
  }

  private static List<String> ask(EmbeddedPostgres server, String database, String sql)
      throws SQLException {
    List<String> values = new ArrayList<>();
    try (Connection connection = server.connect(database);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        values.add(rows.getString(1));
      }
    }
    return values;
  }

  private static Supplier<Connection> database(String name) {
    return connections(pg, name);
  }

  private static Supplier<Connection> connections(EmbeddedPostgres server, String database) {
    return () -> {
      try {
        return server.connect(database);
      } catch (SQLException e) {
        throw new TidemarkException(
            io.tidemark.api.error.ErrorCode.SOURCE_UNREACHABLE, "Cannot connect.", e);
      }
    };
  }
}
