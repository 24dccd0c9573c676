package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.IntVector;
import io.tidemark.api.model.LongVector;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.api.source.SourceEvent;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.BitSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A table of 50 million narrow rows is copied whole, in either form. Needs about 5 GB of disk in
 * the temporary folder. {@code -Dtidemark.rows=N} takes another number of rows.
 */
@Tag("long")
class LargeSnapshotTest {
  private static final int ROWS = Integer.getInteger("tidemark.rows", 50_000_000);

  /** What was read, of which every value is checked by what it must be for its key. */
  private static final class Reading {
    final BitSet keys = new BitSet(ROWS + 1);
    long twice;
    long wrong;
    Phase phase = Phase.WAITING;

    void take(SourceEvent event) {
      if (event instanceof SourceEvent.TableChange change) {
        phase = change.state().phase();
      } else if (event instanceof SourceEvent.Changes changes) {
        rows(changes.batch());
      }
    }

    private void rows(ChangeBatch batch) {
      LongVector id = (LongVector) batch.columns().get(0).vector();
      IntVector n = (IntVector) batch.columns().get(1).vector();
      for (int i = 0; i < batch.size(); i++) {
        if (batch.op(i) == Op.READ) {
          int key = (int) id.get(i);
          twice += keys.get(key) ? 1 : 0;
          wrong += n.get(i) == key % 1000 ? 0 : 1;
          keys.set(key);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"7d", "0s"})
  void everyRowOnceInBoundedMemory(String maxHold) throws Exception {
    try (EmbeddedPostgres server =
            EmbeddedPostgres.of(Version.V18)
                .setting("max_wal_size", "1GB")
                .setting("autovacuum", "off")
                .start();
        Capture capture = new Capture(server, "large")) {
      capture.execute(
          "CREATE TABLE t (id bigint PRIMARY KEY, n int)",
          "INSERT INTO t SELECT i, i % 1000 FROM generate_series(1, " + ROWS + ") i",
          "ANALYZE t");
      capture.with("snapshot.max-hold", maxHold);
      Reading reading = new Reading();
      long began = System.nanoTime();
      capture.source = new PostgresSource(capture.config(), java.util.Map.of());
      capture.source.open(capture.copy.resumePoint());
      while (reading.phase != Phase.MEMBER) {
        assertThat(reading.phase).isNotEqualTo(Phase.FAILED);
        SourceEvent event = capture.source.poll(Duration.ofSeconds(1));
        if (event != null) {
          reading.take(event);
        }
      }
      System.out.printf(
          "max-hold %s: %,d rows in %,d ms%n",
          maxHold, ROWS, (System.nanoTime() - began) / 1_000_000);
      assertThat(reading.keys.cardinality()).isEqualTo(ROWS);
      assertThat(reading.twice).as("rows read twice").isZero();
      assertThat(reading.wrong).as("wrong values").isZero();
      assertThat(count(server)).isEqualTo(ROWS);
    }
  }

  private static long count(EmbeddedPostgres server) throws SQLException {
    try (Connection connection = server.connect("large");
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT count(*) FROM t")) {
      row.next();
      return row.getLong(1);
    }
  }
}
