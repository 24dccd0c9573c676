package io.tidemark.engine.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.api.sink.SinkState;
import io.tidemark.engine.state.PipelineState;
import io.tidemark.engine.state.StateCodec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResumePlanTest {
  private static final TableName TABLE = new TableName("public", "t");

  private static SinkState copy(long tidemark, String table) {
    TreeMap<TableName, TableState> tables = new TreeMap<>();
    if (!table.equals("-")) {
      tables.put(TABLE, state(table));
    }
    return new SinkState(
        1,
        Position.of("slot", new Lsn(tidemark)),
        StateCodec.encode(
            new PipelineState(
                tables,
                new TreeMap<>(),
                new TreeMap<>(),
                new TreeMap<>(Map.of("at", "" + tidemark)))));
  }

  /** {@code "copying 2"}: phase and attempt. */
  private static TableState state(String text) {
    String[] parts = text.split(" ");
    Phase phase = Phase.valueOf(parts[0].toUpperCase(java.util.Locale.ROOT).replace('-', '_'));
    return new TableState(phase, Integer.parseInt(parts[1]), Optional.empty(), 0, -1, Lsn.ZERO);
  }

  @Test
  void copiesThatStandAlikeGoOnAsTheyAre() {
    for (int sinks = 1; sinks <= 3; sinks++) {
      List<SinkState> copies = java.util.Collections.nCopies(sinks, copy(100, "copying 1"));
      ResumePlan plan = ResumePlan.of(copies, Set.of());
      assertThat(plan.position()).isEqualTo(copies.get(0).tidemark());
      assertThat(plan.state()).isEqualTo(StateCodec.decode(copies.get(0).entries()));
    }
  }

  @Test
  void nothingBegunIsANewPipeline() {
    SinkState empty = new SinkState(1, Position.NONE, new TreeMap<>());
    assertThat(ResumePlan.of(List.of(empty, empty), Set.of()).resumePoint().isNew()).isTrue();
  }

  @ParameterizedTest(name = "behind {0}, ahead {1}: goes on as {2}")
  @CsvSource({
    "member 1, member 1, member 1",
    "member 1, member 2, member 1",
    "member 1, copying 2, waiting 2",
    "member 1, catching-up 2, waiting 2",
    "member 1, waiting 1, waiting 1",
    "member 1, failed 1, failed 1",
    "member 1, paused 1, paused 1",
    "member 1, detached 1, detached 1",
    "catching-up 1, member 1, catching-up 1",
    "catching-up 1, catching-up 1, catching-up 1",
    "catching-up 1, member 2, waiting 2",
    "copying 1, copying 1, waiting 1",
    "copying 1, member 1, waiting 1",
    "waiting 0, copying 1, waiting 1",
    "waiting 0, waiting 0, waiting 0",
    "failed 1, member 2, waiting 2",
    "failed 1, failed 1, failed 1",
    "-, member 1, -",
    "member 1, -, member 1"
  })
  void whatTheSourceIsGiven(String behind, String ahead, String expected) {
    for (List<SinkState> copies :
        List.of(
            List.of(copy(100, behind), copy(200, ahead)),
            List.of(copy(200, ahead), copy(100, behind)))) {
      ResumePlan plan = ResumePlan.of(copies, Set.of());
      assertThat(plan.position()).isEqualTo(Position.of("slot", new Lsn(100)));
      assertThat(plan.state().notes()).containsEntry("at", "100");
      assertThat(said(plan)).isEqualTo(expected);
    }
  }

  private static String said(ResumePlan plan) {
    TableState state = plan.state().tables().get(TABLE);
    return state == null ? "-" : state.phase().word() + " " + state.attempt();
  }

  @Test
  void aNewSinkBesideOlderOnesGetsEveryTableByANewCopy() {
    SinkState empty = new SinkState(1, Position.NONE, new TreeMap<>());
    ResumePlan plan = ResumePlan.of(List.of(empty, copy(100, "member 3")), Set.of());
    assertThat(plan.position()).isEqualTo(Position.of("slot", new Lsn(100)));
    assertThat(said(plan)).isEqualTo("waiting 3");
  }

  @Test
  void aSinkThatComesBackDoesNotHoldThePlaceBack() {
    ResumePlan plan =
        ResumePlan.of(List.of(copy(100, "member 1"), copy(900, "member 1")), Set.of(0));
    assertThat(plan.position()).isEqualTo(Position.of("slot", new Lsn(900)));
    assertThat(said(plan)).isEqualTo("waiting 1");
  }
}
