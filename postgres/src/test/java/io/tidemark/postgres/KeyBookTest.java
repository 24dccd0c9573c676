package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.postgres.history.TypeBook;
import io.tidemark.postgres.slot.Publication.Published;
import io.tidemark.postgres.type.MisfitPolicy;
import io.tidemark.postgres.type.PgTypes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What becomes of copies that were broken off, by where they stand. */
class KeyBookTest {
  private static final Lsn TIDEMARK = new Lsn(1000);

  private final TableBook book = new TableBook(new EventQueue(1 << 20));
  private final KeyBook keys =
      new KeyBook(book, new TypeBook(PgTypes.builtIn(), MisfitPolicy.RAW), 1);

  /** A table as a copy knows it. */
  private TrackedTable table(
      String name, Phase phase, long floor, Map<Integer, String> leafFloors) {
    TableName table = new TableName("public", name);
    TableSchema form =
        new TableSchema(
            table,
            1,
            name.hashCode(),
            List.of(
                new Column(
                    1,
                    "id",
                    new DataType.Int(64),
                    "bigint",
                    20,
                    -1,
                    true,
                    false,
                    Optional.empty())),
            List.of(1),
            TableSchema.ReplicaIdentity.DEFAULT,
            false);
    book.restore(
        table,
        new TableState(phase, 1, Optional.empty(), 0, -1, new Lsn(floor)),
        Optional.of(form),
        Optional.of(
            new TableNote(new Lsn(floor).toString(), "", null, null, Map.of(), leafFloors, null)));
    return book.find(table).orElseThrow();
  }

  private static Phase phase(TrackedTable table) {
    return table.state.phase();
  }

  @Test
  void whatWasCopiedAboveTheTidemarkDoesNotOutliveAPromotion() {
    TrackedTable above = table("above", Phase.CATCHING_UP, 1001, Map.of());
    TrackedTable below = table("below", Phase.CATCHING_UP, 1000, Map.of());
    TrackedTable copying = table("copying", Phase.COPYING, 1001, Map.of());
    TrackedTable leaf = table("leaf", Phase.CATCHING_UP, 900, Map.of(7, new Lsn(1001).toString()));
    TrackedTable member = table("member", Phase.MEMBER, 900, Map.of());
    TrackedTable detached = table("detached", Phase.DETACHED, 1001, Map.of());
    keys.moveTo(1, TIDEMARK);
    assertThat(List.of(phase(above), phase(copying), phase(leaf)))
        .as("on the same timeline")
        .containsExactly(Phase.CATCHING_UP, Phase.COPYING, Phase.CATCHING_UP);
    keys.moveTo(2, TIDEMARK);
    assertThat(List.of(phase(above), phase(copying), phase(leaf))).containsOnly(Phase.WAITING);
    assertThat(above.state.reason().orElseThrow()).contains("promoted");
    assertThat(List.of(phase(below), phase(member), phase(detached)))
        .containsExactly(Phase.CATCHING_UP, Phase.MEMBER, Phase.DETACHED);
  }

  @Test
  void aLedgerThatIsOfNoUseLeavesNoCopyWithoutOne() {
    for (String ledger :
        List.of("not a ledger", "{}", "null", "{\"attempt\":9,\"print\":\"\",\"read\":[]}")) {
      for (Phase broken : List.of(Phase.COPYING, Phase.CATCHING_UP)) {
        TrackedTable table = table("t", broken, 900, Map.of());
        keys.restore(table, ledger, TIDEMARK);
        assertThat(phase(table)).as("%s after %s", broken, ledger).isEqualTo(Phase.WAITING);
        assertThat(table.choice).as("how it is copied is decided anew").isNull();
      }
    }
  }

  @Test
  void aTableThatCannotBeCopiedForNowKeepsNoneFromIt() {
    for (String name : List.of("a", "b", "c")) {
      TrackedTable table = book.add(new TableName("public", name), 0, Optional.empty());
      table.choice = TrackedTable.CopyForm.KEYS;
      table.published =
          new Published("p", "iudt", true, false, List.of(), Optional.empty(), "stamp");
    }
    List<String> tried = new ArrayList<>();
    Optional<TableName> last = Optional.empty();
    for (int i = 0; i < 5; i++) {
      last = keys.next(last).map(table -> table.name);
      tried.add(last.orElseThrow().table());
    }
    assertThat(tried).containsExactly("a", "b", "c", "a", "b");
  }
}
