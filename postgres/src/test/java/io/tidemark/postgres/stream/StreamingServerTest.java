package io.tidemark.postgres.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.model.Lsn;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import io.tidemark.postgres.doctor.EventTrigger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The reader against real servers, which stream everything above 64 kB while it is in progress. */
@ParameterizedClass
@MethodSource("io.tidemark.embedded.Version#available")
class StreamingServerTest {
  private static final int MIB = 1 << 20;

  private static EmbeddedPostgres server;
  @Parameter private Version version;
  @TempDir private Path directory;
  private Connection connection;
  private MemoryCopy copy;
  private ByteBudget budget;
  private TextTables tables;
  private ReplicationReader reader;
  private int sent;

  @BeforeParameterizedClassInvocation
  static void startServer(Version version) {
    server =
        EmbeddedPostgres.of(version)
            .setting("logical_decoding_work_mem", "64kB")
            .setting("wal_sender_timeout", "2s")
            .setting("max_prepared_transactions", "4")
            .start();
  }

  @AfterParameterizedClassInvocation
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void createTables() throws SQLException {
    connection = server.connect();
    execute(
        "CREATE TABLE t (id int PRIMARY KEY, v text, n numeric)",
        "CREATE TABLE f (id int PRIMARY KEY, v text, toast text)",
        "ALTER TABLE f REPLICA IDENTITY FULL",
        "ALTER TABLE f ALTER toast SET STORAGE EXTERNAL",
        "CREATE TABLE d (id int PRIMARY KEY, v text, toast text)",
        "ALTER TABLE d ALTER toast SET STORAGE EXTERNAL",
        "CREATE PUBLICATION p FOR TABLE t, f, d",
        "SELECT pg_create_logical_replication_slot('s', 'pgoutput')");
    budget = new ByteBudget(64L * MIB);
    copy = new MemoryCopy(budget);
    tables = new TextTables();
  }

  @AfterEach
  void dropTables() throws SQLException {
    if (reader != null) {
      reader.close();
    }
    if (!server.isRunning()) {
      server.restart();
    }
    server.execute(
        "SELECT pg_drop_replication_slot('s')", "DROP PUBLICATION p", "DROP TABLE t, f, d");
    connection.close();
  }

  private void execute(String... statements) throws SQLException {
    execute(connection, statements);
  }

  private static void execute(Connection on, String... statements) throws SQLException {
    try (Statement statement = on.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private void read(StreamLimits limits, long start) throws SQLException {
    Connection replication =
        DriverManager.getConnection(
            server.jdbcUrl("postgres")
                + "&replication=database&preferQueryMode=simple&assumeMinServerVersion=14");
    StreamOptions options =
        new StreamOptions("s", List.of("p"), new Lsn(start), false, true, "tide", 1000);
    reader = ReplicationReader.start(replication, options, limits, budget, tables, copy);
  }

  private void read() throws SQLException {
    read(limits(MIB), 0);
  }

  /** Small limits, so that everything is cut into pieces and spilled. */
  private StreamLimits limits(int maxRowBytes) {
    return new StreamLimits(
        500,
        100_000,
        Duration.ofMillis(5),
        maxRowBytes,
        200_000,
        1 << 30,
        directory.resolve("spill"));
  }

  /** Waits until everything that was committed so far has been given. */
  private void awaitAll() throws Exception {
    String content = "mark " + ++sent;
    execute("SELECT pg_logical_emit_message(false, 'tide', '" + content + "')");
    copy.awaitMessage(content);
  }

  private void assertCopied(String... names) throws Exception {
    awaitAll();
    for (String name : names) {
      assertThat(differences(copy.table(name), rowsOf(name))).as(name).isEmpty();
    }
  }

  private static List<String> differences(
      Map<String, Map<String, String>> copied, Map<String, Map<String, String>> source) {
    Set<String> keys = new TreeSet<>(copied.keySet());
    keys.addAll(source.keySet());
    return keys.stream()
        .filter(key -> !Objects.equals(copied.get(key), source.get(key)))
        .map(key -> "copy: " + copied.get(key) + ", source: " + source.get(key))
        .toList();
  }

  private Map<String, Map<String, String>> rowsOf(String table) throws SQLException {
    Map<String, Map<String, String>> rows = new TreeMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("SELECT * FROM " + table)) {
      while (result.next()) {
        Map<String, String> row = new TreeMap<>();
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
          if (result.getString(i) != null) {
            row.put(result.getMetaData().getColumnName(i), result.getString(i));
          }
        }
        rows.put(row.get("id"), row);
      }
    }
    return rows;
  }

  private long currentLsn() throws SQLException {
    return Lsn.parse(single("SELECT pg_current_wal_lsn()")).value();
  }

  private String single(String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(query)) {
      return result.next() ? result.getString(1) : null;
    }
  }

  @Test
  void interleavedTransactionsWithSavepointsComeOutAsTheTablesAre() throws Exception {
    long seed = new Random().nextLong();
    System.out.println("StreamingServerTest on " + version + ", seed " + seed);
    read();
    try (RandomLoad load = new RandomLoad(server, new Random(seed), 4)) {
      load.run(400);
      load.commit();
      assertThat(load.rolledBack()).isPositive();
    }
    assertCopied("t", "f", "d");
    assertThat(copy.rows()).isGreaterThan(1000);
  }

  @Test
  void aStreamGoesOnWhereTheLastFlushWas() throws Exception {
    long seed = new Random().nextLong();
    System.out.println("StreamingServerTest on " + version + ", seed " + seed);
    read();
    try (RandomLoad load = new RandomLoad(server, new Random(seed), 4)) {
      for (int round = 0; round < 4; round++) {
        load.run(80);
        // In the middle of open transactions and of whatever was not flushed yet.
        reader.close();
        assertThat(copy.awaitEnd()).isEmpty();
        assertThat(directory.resolve("spill")).isEmptyDirectory();
        copy.restart();
        tables = new TextTables();
        read(limits(MIB), copy.flushedEnd());
      }
      load.commit();
    }
    assertCopied("t", "f", "d");
  }

  @Test
  void aTransactionThatIsReadAgainIsTheSameToTheOrdinal() throws Exception {
    long seed = new Random().nextLong();
    System.out.println("StreamingServerTest on " + version + ", seed " + seed);
    read();
    try (RandomLoad load = new RandomLoad(server, new Random(seed), 3)) {
      load.run(150);
      load.commit();
    }
    // First as it happened, with streams and rollbacks of parts that were sent, then from the end.
    awaitAll();
    reader.close();
    Set<String> live = copy.given();
    copy = new MemoryCopy(budget);
    tables = new TextTables();
    read();
    awaitAll();
    assertThat(copy.given()).isEqualTo(live);
  }

  @Test
  void changesOfFormInsideALargeTransactionHoldFromTheirPlaceOn() throws Exception {
    read();
    connection.setAutoCommit(false);
    insert("t(id, v)", 1, 1500);
    execute("ALTER TABLE t ADD COLUMN extra text");
    insert("t(id, extra)", 1501, 3000);
    execute("SAVEPOINT a", "ALTER TABLE t DROP COLUMN v", "ALTER TABLE t ADD COLUMN w int");
    insert("t(id, extra)", 3001, 4500);
    execute("ROLLBACK TO a");
    insert("t(id, v)", 4501, 6000);
    execute("SAVEPOINT b", "ALTER TABLE t RENAME COLUMN n TO m", "RELEASE b");
    insert("t(id, v)", 6001, 7500);
    connection.commit();
    connection.setAutoCommit(true);
    execute("UPDATE t SET m = id WHERE id > 7000", "DELETE FROM t WHERE id % 7 = 0");
    awaitAll();
    // The rows were given under the name that the column had then, and n was null.
    assertThat(differences(copy.table("t"), rowsOf("t"))).isEmpty();
    assertThat(copy.table("t")).hasSize(5143);
  }

  @Test
  void theEventTriggersMessagesOfRolledBackSavepointsDoNotCome() throws Exception {
    execute(EventTrigger.sql());
    read();
    connection.setAutoCommit(false);
    insert("t(id, v)", 1, 1500);
    execute("ALTER TABLE t ADD COLUMN kept text", "SAVEPOINT a");
    execute("ALTER TABLE t ADD COLUMN lost text");
    insert("d(id, v)", 1, 1500);
    execute("ROLLBACK TO a", "SAVEPOINT b", "ALTER TABLE t ADD COLUMN lost_too text");
    // Enough of another table for the server to stream while b is open, and no row of ours.
    execute("CREATE TABLE other AS SELECT repeat('x', 200) FROM generate_series(1, 2000)");
    execute("ROLLBACK TO b", "ALTER TABLE t ADD COLUMN kept_too text", "RELEASE b");
    insert("t(id, kept_too)", 1501, 3000);
    connection.commit();
    connection.setAutoCommit(true);
    awaitAll();
    execute("DROP SCHEMA tidemark CASCADE");
    List<String> images =
        copy.messages().stream().filter(text -> text.contains("\"altered\"")).toList();
    assertThat(images).hasSize(2);
    assertThat(images.get(0)).contains("\"kept\"").doesNotContain("\"kept_too\"");
    assertThat(images.get(1)).contains("\"kept_too\"");
    assertThat(images).noneMatch(text -> text.contains("lost"));
  }

  @Test
  void formsOfRolledBackTransactionsAreNeverSeen() throws Exception {
    read();
    connection.setAutoCommit(false);
    execute("ALTER TABLE t ADD COLUMN lost text");
    insert("t(id, lost)", 1, 3000);
    connection.rollback();
    connection.setAutoCommit(true);
    insert("t(id, v)", 1, 2000);
    assertCopied("t");
    assertThat(copy.rows()).isEqualTo(2000);
    assertThat(tables.versions("t")).isEqualTo(1);
  }

  private void insert(String target, int from, int to) throws SQLException {
    String value = target.contains(",") ? ", repeat(md5(i::text), 3)" : "";
    execute(
        "INSERT INTO "
            + target
            + " SELECT i"
            + value
            + " FROM generate_series("
            + from
            + ", "
            + to
            + ") i");
  }

  @Test
  void preparedTransactionsComeWhenTheyAreCommitted() throws Exception {
    read();
    connection.setAutoCommit(false);
    insert("t(id, v)", 1, 4);
    execute("PREPARE TRANSACTION 'small'");
    insert("t(id, v)", 101, 3100);
    execute("PREPARE TRANSACTION 'large'");
    insert("t(id, v)", 5001, 8000);
    execute("PREPARE TRANSACTION 'gone'");
    connection.rollback();
    connection.setAutoCommit(true);
    execute("INSERT INTO f VALUES (1, 'between', 'x')");
    execute("ROLLBACK PREPARED 'gone'", "COMMIT PREPARED 'large'", "COMMIT PREPARED 'small'");
    assertCopied("t", "f");
    assertThat(copy.rows()).isEqualTo(3000 + 4 + 1);
  }

  @Test
  void unchangedToastIsUnchangedOrTakenFromTheOldRow() throws Exception {
    read();
    String large = "(SELECT string_agg(md5(i::text), '') FROM generate_series(1, 300) i)";
    for (String table : List.of("d", "f")) {
      execute(
          "INSERT INTO "
              + table
              + " SELECT i, 'v', "
              + large
              + " || i FROM generate_series(1, 5) i",
          "UPDATE " + table + " SET v = 'changed' WHERE id = 1",
          "UPDATE " + table + " SET id = 12 WHERE id = 2",
          "UPDATE " + table + " SET toast = NULL WHERE id = 3",
          "UPDATE " + table + " SET toast = 'short' WHERE id = 4",
          "DELETE FROM " + table + " WHERE id = 5");
    }
    assertCopied("d", "f");
  }

  @Test
  void truncateEmptiesTheTablesItNames() throws Exception {
    read();
    insert("t(id, v)", 1, 2000);
    insert("d(id, v)", 1, 2000);
    insert("f(id, v)", 1, 10);
    connection.setAutoCommit(false);
    insert("t(id, v)", 2001, 4000);
    execute("TRUNCATE t, d");
    insert("t(id, v)", 1, 3000);
    connection.commit();
    connection.setAutoCommit(true);
    assertCopied("t", "d", "f");
    assertThat(copy.table("d")).isEmpty();
  }

  @Test
  void aRowAboveTheLimitFailsItsTableAndNothingElse() throws Exception {
    read(limits(100_000), 0);
    execute("INSERT INTO d VALUES (1, 'a', repeat('x', 300000))");
    connection.setAutoCommit(false);
    insert("t(id, v)", 1, 2000);
    execute(
        "SAVEPOINT a",
        "INSERT INTO t VALUES (9999, repeat('y', 400000))",
        "ROLLBACK TO a",
        "INSERT INTO f VALUES (1, 'a', repeat('z', 90000))");
    connection.commit();
    connection.setAutoCommit(true);
    execute("INSERT INTO t VALUES (3000, 'after')");
    assertCopied("t", "f");
    assertThat(copy.failures()).hasSize(1);
    assertThat(copy.failures().get(0))
        .startsWith("Cannot take a row of table public.d: it has 300,0")
        .contains("more than max-row-bytes (100,000)");
  }

  @Test
  void theServerForgetsWhatIsConfirmedAndNoMore() throws Exception {
    read();
    execute("INSERT INTO t VALUES (1, 'a')");
    awaitAll();
    long first = copy.flushedEnd();
    execute("INSERT INTO t VALUES (2, 'b')");
    awaitAll();
    assertThat(copy.flushedEnd()).isGreaterThan(first);
    reader.confirm(first);
    reader.confirm(first - 1);
    assertThat(reader.progress().confirmed()).isEqualTo(new Lsn(first));
    awaitSql("SELECT confirmed_flush_lsn = '" + new Lsn(first) + "' FROM pg_replication_slots");
    reader.close();
    assertThat(single("SELECT confirmed_flush_lsn FROM pg_replication_slots"))
        .isEqualTo(new Lsn(first).toString());
    assertThat(single("SELECT active FROM pg_replication_slots")).isEqualTo("f");
  }

  @Test
  void anIdleServerTellsHowFarItIs() throws Exception {
    read();
    execute("CREATE TABLE unpublished AS SELECT i FROM generate_series(1, 1000) i");
    copy.awaitKeepAlive(currentLsn());
    execute("DROP TABLE unpublished");
    assertThat(copy.rows()).isZero();
  }

  @Test
  void aFullQueueHoldsTheReadingButNotTheConnection() throws Exception {
    read();
    execute("INSERT INTO t VALUES (1, 'a')");
    awaitAll();
    budget.take(64L * MIB);
    insert("t(id, v)", 2, 20_000);
    awaitSql("SELECT reply_time IS NOT NULL FROM pg_stat_replication");
    String sent = single("SELECT reply_time FROM pg_stat_replication");
    // Longer than wal_sender_timeout, with answers all the while.
    awaitSql(
        "SELECT reply_time > '" + sent + "'::timestamptz + interval '4s' FROM pg_stat_replication");
    assertThat(copy.table("t")).hasSize(1);
    budget.give(64L * MIB);
    assertCopied("t");
  }

  @Test
  void aServerThatStopsIsNotHeldUp() throws Exception {
    read();
    insert("f(id, v)", 1, 10);
    awaitAll();
    reader.confirm(copy.flushedEnd());
    insert("t(id, v)", 1, 3000);
    awaitAll();
    connection.close();
    // It waits until all it has sent is flushed here, and most of it is not.
    server.stop();
    assertThat(Files.readString(server.log())).endsWith("database system is shut down\n");
    assertThat(copy.awaitEnd()).isPresent();
    server.restart();
    connection = server.connect();
    // What was not confirmed comes again.
    copy = new MemoryCopy(budget);
    read();
    assertCopied("t");
  }

  @Test
  void whatTheServerSaysAgainstItIsThrownOrToldAtTheEnd() throws Exception {
    read();
    assertThatThrownBy(this::read).isInstanceOf(SQLException.class).hasMessageContaining("active");
    awaitSql("SELECT count(*) = 1 FROM pg_stat_replication");
    execute("SELECT pg_terminate_backend(pid) FROM pg_stat_replication");
    assertThat(copy.awaitEnd().orElseThrow())
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("terminating connection due to administrator command");
  }

  /** Waits until a query says true; the server's own state has no other way to be waited for. */
  private void awaitSql(String query) throws Exception {
    long until = System.nanoTime() + 60_000_000_000L;
    while (!"t".equals(single(query))) {
      if (System.nanoTime() > until) {
        throw new AssertionError(query + " never became true");
      }
      execute("SELECT pg_sleep(0.05)");
    }
  }
}
