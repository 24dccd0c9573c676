package io.tidemark.postgres.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.api.sink.SinkException;
import io.tidemark.embedded.Version;
import io.tidemark.testkit.Batches;
import io.tidemark.testkit.Form;
import io.tidemark.testkit.Seen;
import io.tidemark.testkit.SinkSession;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rows of a snapshot go straight into their table, and are there once. */
class SnapshotLoadTest {
  @RegisterExtension static final SinkServer SERVER = new SinkServer(Version.V15);

  private static final TableSchema ITEMS =
      Form.of("public.items").key("id", Form.BIGINT).column("name", Form.TEXT).schema();

  private static final ChangeBatch BEGUN = Batches.of(ITEMS).at(99).attempt().batch();

  private static ChangeBatch read(long lsn, long seq, long id, String name) {
    return Batches.of(ITEMS).at(lsn, seq).read(id, name).batch();
  }

  private static long temporaryTables() throws Exception {
    try (Statement statement = SERVER.reader().createStatement();
        ResultSet row =
            statement.executeQuery("SELECT count(*) FROM pg_class WHERE relpersistence = 't'")) {
      row.next();
      return row.getLong(1);
    }
  }

  @Test
  void theyAreNotStagedWhileTheTableIsCopied() throws Exception {
    ChangeBatch first = read(99, 1, 1, "a");
    ChangeBatch change = Batches.of(ITEMS).at(150).update(1L, "aa").insert(3L, "c").batch();
    ChangeBatch second = read(99, 2, 2, null);
    ChangeBatch last = read(99, 3, 4, "d");
    try (PostgresFixture copy = SERVER.empty();
        SinkSession session = SinkSession.open(copy)) {
      session.phase(ITEMS.name(), Phase.COPYING).stage(first).flush(110);
      assertThat(temporaryTables()).isZero();
      Seen.in(copy).holds(ITEMS, first);
      session.stage(second, change).flush(210);
      Seen.in(copy).as("the change waits").holds(ITEMS, first, second);
      session.stage(last).phase(ITEMS.name(), Phase.CATCHING_UP).flush(220);
      session.phase(ITEMS.name(), Phase.MEMBER).flush(230);
      Seen.in(copy).holds(ITEMS, first, second, last, change);
    }
  }

  @Test
  void thoseOfAnAttemptThatHasDiedAreVoidInTheSameFlush() throws Exception {
    ChangeBatch again = Batches.of(ITEMS).at(149).attempt().batch();
    ChangeBatch other = read(149, 1, 2, "b");
    try (PostgresFixture copy = SERVER.empty();
        SinkSession session = SinkSession.open(copy)) {
      session.phase(ITEMS.name(), Phase.COPYING);
      session.stage(BEGUN, read(99, 1, 1, "a"), again, other).flush(210);
      Seen.in(copy).holds(ITEMS, again, other);
      session.stage(Batches.of(ITEMS).at(249).attempt().batch(), read(249, 1, 3, "c")).flush(310);
      Seen.in(copy).holds(ITEMS, read(249, 1, 3, "c"));
    }
  }

  @Test
  void aCommitThatIsTriedAgainHasThemOnce() throws Exception {
    PostgresSinkConfig plain = SERVER.config();
    PostgresSinkConfig hasty =
        new PostgresSinkConfig(
            plain.endpoint(),
            plain.pipeline(),
            Map.of(),
            "tidemark",
            PostgresSinkConfig.Apply.BATCH,
            Duration.ofMillis(100),
            false,
            false);
    ChangeBatch first = read(99, 1, 1, "a");
    ChangeBatch second = read(99, 2, 2, "b");
    try (PostgresFixture copy = SERVER.empty(hasty);
        SinkSession session = SinkSession.open(copy);
        Connection other = SERVER.server().connect();
        Statement holder = other.createStatement()) {
      session.phase(ITEMS.name(), Phase.COPYING).stage(BEGUN, first).flush(110);
      other.setAutoCommit(false);
      holder.execute("LOCK TABLE public.items");
      session.stage(second).seal(210);
      assertThatThrownBy(() -> session.commitSealed(210))
          .isInstanceOf(SinkException.Retryable.class);
      other.rollback();
      session.commitSealed(210);
      Seen.in(copy).holds(ITEMS, BEGUN, first, second);
    }
  }
}
