package io.tidemark.snowflake;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.api.sink.SinkException;
import io.tidemark.testkit.Batches;
import io.tidemark.testkit.Form;
import io.tidemark.testkit.ScriptedSource.Script;
import io.tidemark.testkit.Seen;
import io.tidemark.testkit.SinkSession;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process dies at each statement of a history that copies, changes forms and moves keys, once
 * before the statement has arrived and once when only its answer is lost; another goes on from the
 * tidemark. Every row is there once at the end, whatever DDL had been committed by then.
 */
class EveryStatementMayBeTheLastTest {
  private static final TableSchema FIRST =
      Form.of("public.items")
          .key("id", Form.BIGINT)
          .column("name", Form.TEXT)
          .column("stock", Form.INTEGER)
          .column("note", Form.TEXT)
          .schema();

  /** Two names swapped, a type that is written anew, one that only widens, one column more. */
  private static final TableSchema SECOND =
      Form.next(FIRST)
          .rename("name", "passing")
          .rename("note", "name")
          .rename("passing", "note")
          .retype("stock", Form.TEXT)
          .column("colour", Form.TEXT, "it's red")
          .schema();

  /** A column goes, and another comes under its name. */
  private static final TableSchema THIRD =
      Form.next(SECOND).drop("colour").column("colour", Form.BIGINT, "7").schema();

  private static final TableSchema WORDS =
      Form.of("public.words")
          .column("word", Form.TEXT)
          .column("price", Form.MONEY)
          .identity(ReplicaIdentity.FULL)
          .schema();

  /** What is flushed together: the position behind it, and the phase of the first table. */
  private record Flush(long end, Phase phase, List<ChangeBatch> batches) {}

  private static final List<Flush> HISTORY =
      List.of(
          new Flush(
              110,
              Phase.COPYING,
              List.of(
                  Batches.of(FIRST).at(99).attempt().read(1L, "a", 1L, "n").read(2L, "b").batch(),
                  Batches.of(FIRST).at(105).update(1L, Batches.UNCHANGED, 2L, "m").batch(),
                  Batches.of(WORDS).at(105, 1).insert("x", null).insert("x", null).batch())),
          new Flush(
              210,
              Phase.MEMBER,
              List.of(
                  Batches.of(SECOND)
                      .at(200)
                      .update(3L, Batches.UNCHANGED, "200", "p", "blue")
                      .oldKey(1L)
                      .insert(4L, "d", "4")
                      .batch(),
                  Batches.of(WORDS)
                      .at(200, 2)
                      .delete("x", null)
                      .insert("y", new Batches.Raw("NaN"))
                      .batch())),
          new Flush(
              310,
              Phase.MEMBER,
              List.of(
                  Batches.of(THIRD)
                      .at(300)
                      .update(4L, Batches.UNCHANGED, "5", null, 8L)
                      .delete(2L)
                      .batch())));

  @TempDir Path folder;

  @Test
  void everyRowIsThereOnceWhereverAProcessDied() throws Exception {
    int dead = dieAt(0, 9);
    assertThat(dead).isGreaterThan(15);
  }

  @Test
  @Tag("thorough")
  void everyRowIsThereOnceWhereverAProcessDiedAndReallyAnywhere() throws Exception {
    // every second one: the odd ones or the even ones
    int dead = dieAt(new Random().nextInt(2), 2);
    assertThat(dead).isGreaterThan(50);
  }

  /** Gives how many processes died. */
  private int dieAt(long first, long step) throws Exception {
    int dead = 0;
    boolean more = true;
    for (long statements = first; more; statements += step) {
      more = false;
      for (boolean arrives : List.of(false, true)) {
        try (StandInFixture destination =
            new StandInFixture(Files.createTempDirectory(folder, "account"))) {
          Life life = new Life(statements, arrives);
          live(destination.next(life));
          more |= life.isDead();
          dead += life.isDead() ? 1 : 0;
          live(destination);
          String where = statements + (arrives ? " and one more" : " statements");
          Seen.in(destination).as(where).holds(THIRD, given(FIRST));
          Seen.in(destination).as(where).holds(WORDS, given(WORDS));
          assertThat(destination.account().list("@PIECES/bank")).as(where).isEmpty();
        }
      }
    }
    return dead;
  }

  private static List<ChangeBatch> given(TableSchema table) {
    return HISTORY.stream()
        .flatMap(flush -> flush.batches().stream())
        .filter(batch -> batch.table().equals(table.name()))
        .toList();
  }

  /** Goes on from the tidemark to the end of the history, or to that of the process. */
  private static void live(StandInFixture destination) {
    try {
      SinkSession session = SinkSession.open(destination);
      for (Flush flush : HISTORY) {
        if (session.opened().tidemark().covers(Script.position(flush.end()))) {
          continue;
        }
        session.phase(FIRST.name(), flush.phase()).phase(WORDS.name(), Phase.MEMBER);
        session.stage(flush.batches().toArray(ChangeBatch[]::new));
        session.entry("n", Optional.of(Long.toString(flush.end()))).flush(flush.end());
      }
    } catch (SinkException e) {
      assertThat(e).hasRootCauseInstanceOf(Life.Ended.class);
    }
  }
}
