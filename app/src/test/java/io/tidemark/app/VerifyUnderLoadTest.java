package io.tidemark.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.app.bank.BankGenerator;
import io.tidemark.app.bank.BankSchema;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** While rows change all the time, no difference is found but the one that is there. */
@Tag("thorough")
@Timeout(300)
class VerifyUnderLoadTest {
  @TempDir Path folder;

  @Test
  void nothingIsFoundButWhatWasPlanted() throws Exception {
    try (EmbeddedPostgres server = EmbeddedPostgres.start(Version.V18)) {
      server.createDatabase("busy");
      try (VerifiedCopy copy = new VerifiedCopy(server, "busy", folder, "");
          BankGenerator bank =
              new BankGenerator(() -> connect(server), new BankSchema("public"), 7)) {
        bank.open();
        bank.bulk(5_000);
        copy.execute(
            "CREATE TABLE hot (id int PRIMARY KEY, v int)",
            "INSERT INTO hot SELECT n, 0 FROM generate_series(1, 300) n",
            "CREATE TABLE loose (v int)",
            "ALTER TABLE loose REPLICA IDENTITY FULL",
            "CREATE TABLE still (id int PRIMARY KEY, v text)",
            "INSERT INTO still SELECT n, 'v' FROM generate_series(1, 2000) n");
        copy.start(6);
        copy.catchUp();
        copy.stop();
        copy.plant("still", rows -> rows.update(1234L, "w"));
        copy.plant("hot", rows -> rows.insert(-1L, 0L));
        copy.start(6);
        AtomicBoolean over = new AtomicBoolean();
        CompletableFuture<Void> business =
            CompletableFuture.allOf(
                CompletableFuture.runAsync(() -> run(bank)),
                CompletableFuture.runAsync(() -> churn(server, over)));
        long lookedAtAgain = 0;
        for (int run = 0; run < 6; run++) {
          VerifiedCopy.Verified found =
              run % 2 == 0
                  ? copy.verify("--round", "500")
                  : copy.verify("--round", "500", "--one-position");
          assertThat(found.differences("still")).containsExactly("changed 1234 .v");
          assertThat(found.differences("hot")).containsExactly("extra -1");
          for (String table : BankSchema.TABLES) {
            assertThat(found.verdict(table)).as(found.report().toString()).isEqualTo("equal");
          }
          lookedAtAgain += found.table("hot").get("lookedAtAgain").asLong();
          assertThat(found.verdict("loose")).as(found.report().toString()).isEqualTo("equal");
        }
        assertThat(lookedAtAgain).as("keys that seemed to differ").isGreaterThan(6);
        over.set(true);
        bank.stop();
        business.get();
        assertThat(bank.transactions()).isPositive();
      }
    }
  }

  private static Connection connect(EmbeddedPostgres server) {
    try {
      return server.connect("busy");
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void run(BankGenerator bank) {
    try {
      bank.run(200);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Keys that come and go, move, change and change back. */
  private static void churn(EmbeddedPostgres server, AtomicBoolean over) {
    Random random = new Random(11);
    try (Connection connection = connect(server);
        Statement statement = connection.createStatement()) {
      while (!over.get()) {
        int id = 1 + random.nextInt(300);
        switch (random.nextInt(6)) {
          case 0 -> statement.execute("UPDATE hot SET v = v + 1 WHERE id = " + id);
          case 1 -> statement.execute("UPDATE hot SET v = 0 WHERE id = " + id);
          case 2 -> statement.execute("DELETE FROM hot WHERE id = " + id);
          case 3 ->
              statement.execute("INSERT INTO hot VALUES (" + id + ", 0) ON CONFLICT DO NOTHING");
          case 4 -> statement.execute("INSERT INTO loose VALUES (" + random.nextInt(5) + ")");
          default ->
              statement.execute(
                  "DELETE FROM loose WHERE ctid = (SELECT min(ctid) FROM loose WHERE v = "
                      + random.nextInt(5)
                      + ")");
        }
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
