package io.tidemark.duckdb;

import static io.tidemark.duckdb.LakeTable.BIGINT;
import static io.tidemark.duckdb.LakeTable.TEXT;
import static io.tidemark.duckdb.LakeTable.column;
import static io.tidemark.duckdb.LakeTable.schema;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import io.tidemark.api.model.TableState.Phase;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The rows of today, one odd history after another. */
class CurrentRowsTest {
  @TempDir Path folder;

  private static TableSchema accounts() {
    return schema(
        "public.accounts",
        1,
        ReplicaIdentity.DEFAULT,
        List.of(1),
        column(1, "id", BIGINT),
        column(2, "note", TEXT),
        column(3, "doc", TEXT));
  }

  private static TableSchema events(ReplicaIdentity identity) {
    return schema(
        "public.events",
        1,
        identity,
        List.of(),
        column(1, "kind", TEXT),
        column(2, "rate", new DataType.Float(64)),
        column(3, "spots", new DataType.ListOf(new DataType.Float(32))));
  }

  private LakeTable table(TableSchema schema, Change... changes) throws Exception {
    return new LakeTable(folder, schema).file(changes);
  }

  private static List<String> row(String... values) {
    return Arrays.asList(values);
  }

  private List<List<String>> rows(LakeTable table) {
    return new Reading(folder).rows(table);
  }

  @Test
  void aTableWithoutFilesHasNoRows() {
    assertThat(rows(new LakeTable(folder, accounts()))).isEmpty();
  }

  @Test
  void theLatestChangeOfAKeyCounts() throws Exception {
    LakeTable lake =
        table(
                accounts(),
                Change.truncate(10, 0),
                Change.of('r', 10, 1, "1", "a", "x"),
                Change.of('r', 10, 2, "2", "b", "y"))
            .file(
                Change.of('u', 20, 0, "1", "c", "x"),
                Change.of('u', 20, 1, "1", "d", null),
                Change.of('d', 21, 0, "2"),
                Change.of('c', 22, 0, "3", "e", "z"));
    assertThat(rows(lake)).containsExactly(row("1", "d", null), row("3", "e", "z"));
  }

  @Test
  void aKeyMayBeDeletedAndInsertedAgain() throws Exception {
    LakeTable lake =
        table(
            accounts(),
            Change.of('c', 20, 0, "1", "a", "x"),
            Change.of('d', 20, 1, "1"),
            Change.of('c', 20, 2, "1", "b", "y"),
            Change.of('d', 21, 0, "1"),
            Change.of('c', 22, 0, "1", "c", "z"));
    assertThat(rows(lake)).containsExactly(row("1", "c", "z"));
  }

  @Test
  void positionsAreUnsigned() throws Exception {
    LakeTable lake =
        table(
            accounts(),
            Change.truncate(Long.MAX_VALUE, 0),
            Change.of('r', Long.MAX_VALUE, 1, "1", "old", "x"),
            Change.of('u', Long.MIN_VALUE, 0, "1", "new", "x"),
            Change.of('c', -1, 0, "2", "last", "x"));
    assertThat(rows(lake)).containsExactly(row("1", "new", "x"), row("2", "last", "x"));
  }

  @Test
  void anUpdateOfTheKeyTakesTheOldKeyAway() throws Exception {
    LakeTable lake =
        table(
            accounts(),
            Change.of('c', 20, 0, "1", "a", "x"),
            Change.of('c', 20, 1, "2", "b", "y"),
            Change.of('u', 21, 0, "3", "a", "x").old("1", null, null),
            Change.of('c', 22, 0, "1", "new", "z"),
            // PostgreSQL also logs an old key that did not change.
            Change.of('u', 23, 0, "2", "b2", "y").old("2", null, null));
    assertThat(rows(lake))
        .containsExactly(row("1", "new", "z"), row("2", "b2", "y"), row("3", "a", "x"));
  }

  @Test
  void anUnchangedValueIsTheLastOneThatWasSet() throws Exception {
    LakeTable lake =
        table(
                accounts(),
                Change.of('c', 20, 0, "1", "a", "big one"),
                Change.of('c', 20, 1, "2", "b", null))
            .file(
                Change.of('u', 21, 0, "1", "a2", Cell.UNCHANGED),
                Change.of('u', 21, 1, "2", Cell.UNCHANGED, Cell.UNCHANGED),
                Change.of('u', 22, 0, "1", "a3", Cell.UNCHANGED));
    assertThat(rows(lake)).containsExactly(row("1", "a3", "big one"), row("2", "b", null));
  }

  @Test
  void anUnchangedValueIsFollowedThroughUpdatesOfTheKey() throws Exception {
    LakeTable lake =
        table(
            accounts(),
            Change.of('c', 20, 0, "1", "a", "first"),
            Change.of('u', 21, 0, "2", "b", Cell.UNCHANGED).old("1", null, null),
            Change.of('u', 22, 0, "3", Cell.UNCHANGED, Cell.UNCHANGED).old("2", null, null),
            Change.of('u', 23, 0, "1", Cell.UNCHANGED, Cell.UNCHANGED).old("3", null, null),
            Change.of('u', 24, 0, "1", Cell.UNCHANGED, Cell.UNCHANGED));
    assertThat(rows(lake)).containsExactly(row("1", "b", "first"));
  }

  @Test
  void anEarlierRowOfTheNewKeyLendsNothing() throws Exception {
    LakeTable lake =
        table(
            accounts(),
            Change.of('c', 20, 0, "1", "a", "mine"),
            Change.of('c', 21, 0, "2", "b", "of another row"),
            Change.of('u', 22, 0, "2", "b", "of another row too"),
            Change.of('d', 23, 0, "2"),
            Change.of('u', 24, 0, "2", Cell.UNCHANGED, Cell.UNCHANGED).old("1", null, null));
    assertThat(rows(lake)).containsExactly(row("2", "a", "mine"));
  }

  @Test
  void aLaterRowOfTheOldKeyLendsNothing() throws Exception {
    LakeTable lake =
        table(
            accounts(),
            Change.of('c', 20, 0, "1", "a", "mine"),
            Change.of('u', 21, 0, "2", Cell.UNCHANGED, Cell.UNCHANGED).old("1", null, null),
            Change.of('c', 22, 0, "1", "b", "of another row"),
            Change.of('u', 23, 0, "2", "c", Cell.UNCHANGED));
    assertThat(rows(lake)).containsExactly(row("1", "b", "of another row"), row("2", "c", "mine"));
  }

  @Test
  void underFullIdentityTheOldRowHasTheUnchangedValue() throws Exception {
    TableSchema full =
        schema(
            "public.accounts",
            1,
            ReplicaIdentity.FULL,
            List.of(1),
            column(1, "id", BIGINT),
            column(2, "doc", TEXT));
    LakeTable lake = table(full, Change.of('u', 21, 0, "1", Cell.UNCHANGED).old("1", "from old"));
    assertThat(rows(lake)).containsExactly(row("1", "from old"));
  }

  @Test
  void anUnchangedValueThatIsNowhereIsAnErrorForAMember() throws Exception {
    LakeTable lake = table(accounts(), Change.of('u', 21, 0, "1", "a", Cell.UNCHANGED));
    assertThatThrownBy(() -> rows(lake))
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining(
            "an unchanged value of column doc of public.accounts is nowhere in its row's history");
  }

  @Test
  void anUnchangedValueMayComeLaterWhileATableIsCopied() throws Exception {
    LakeTable lake =
        table(accounts(), Change.of('u', 21, 0, "1", "a", Cell.UNCHANGED))
            .state(Phase.COPYING, null);
    assertThat(rows(lake)).containsExactly(row("1", "a", null));
  }

  @Test
  void truncateVoidsWhatWasBefore() throws Exception {
    LakeTable lake =
        table(
            accounts(),
            Change.of('c', 20, 0, "1", "a", "x"),
            Change.of('c', 20, 1, "2", "b", "y"),
            Change.truncate(20, 2),
            Change.of('c', 20, 3, "2", "c", "z"));
    assertThat(rows(lake)).containsExactly(row("2", "c", "z"));
  }

  @Test
  void aNewCopyAttemptVoidsTheOneBefore() throws Exception {
    LakeTable lake =
        table(
                accounts(),
                Change.truncate(99, 0),
                Change.of('r', 99, 1, "1", "a", "x"),
                Change.of('r', 99, 2, "2", "b", "y"),
                Change.of('u', 150, 0, "1", "a2", "x"))
            .file(
                Change.truncate(199, 0),
                Change.of('r', 199, 1, "1", "a3", "x"),
                Change.of('c', 250, 0, "4", "d", "w"));
    assertThat(rows(lake)).containsExactly(row("1", "a3", "x"), row("4", "d", "w"));
  }

  @Test
  void truncateOfALeafVoidsTheRowsOfThatLeaf() throws Exception {
    LakeTable lake =
        table(
            accounts(),
            Change.of('c', 20, 0, "1", "a", "x").in("accounts_1"),
            Change.of('c', 20, 1, "2", "b", "y").in("accounts_2"),
            Change.truncate(21, 0).in("accounts_1"),
            Change.of('c', 22, 0, "3", "c", "z").in("accounts_1"));
    assertThat(rows(lake)).containsExactly(row("2", "b", "y"), row("3", "c", "z"));
  }

  @Test
  void aKeyThatItsTypeCannotHoldIsAKeyLikeAnyOther() throws Exception {
    TableSchema schema =
        schema(
            "public.rates",
            1,
            ReplicaIdentity.DEFAULT,
            List.of(1),
            column(1, "rate", new DataType.Decimal(9, 2)),
            column(2, "note", TEXT));
    LakeTable lake =
        table(
            schema,
            Change.of('c', 20, 0, Cell.raw("NaN"), "a"),
            Change.of('c', 20, 1, Cell.raw("Infinity"), "b"),
            Change.of('c', 20, 2, "1.50", "c"),
            Change.of('u', 21, 0, Cell.raw("NaN"), Cell.UNCHANGED),
            Change.of('d', 22, 0, Cell.raw("Infinity")),
            Change.of('u', 23, 0, "2.00", Cell.UNCHANGED).old("1.50", null),
            Change.of('u', 24, 0, "3.00", "d").old(Cell.raw("NaN"), null));
    assertThat(rows(lake)).containsExactly(row("2.00", "c"), row("3.00", "d"));
  }

  @Test
  void rawTextFollowsItsColumn() throws Exception {
    TableSchema schema =
        schema(
            "public.rates",
            1,
            ReplicaIdentity.DEFAULT,
            List.of(1),
            column(1, "id", BIGINT),
            column(2, "rate", new DataType.Decimal(9, 2)));
    LakeTable lake =
        table(
            schema,
            Change.of('c', 20, 0, "1", Cell.raw("NaN")),
            Change.of('c', 20, 1, "2", Cell.raw("NaN")),
            Change.of('u', 21, 0, "1", Cell.UNCHANGED),
            Change.of('u', 21, 1, "2", "7.00"));
    assertThat(rows(lake)).containsExactly(row("1", "NaN"), row("2", "7.00"));
    assertThat(new Reading(folder).json("FROM rates ORDER BY id", lake))
        .isEqualTo(
            "[{\"id\":1,\"rate\":null,\"rate__raw\":\"NaN\"},"
                + "{\"id\":2,\"rate\":7.00,\"rate__raw\":null}]");
  }

  @Test
  void withoutAKeyEqualRowsAreCounted() throws Exception {
    LakeTable lake =
        table(
            events(ReplicaIdentity.FULL),
            Change.of('r', 10, 1, "a", "1", null),
            Change.of('r', 10, 2, "a", "1", null),
            Change.of('r', 10, 3, "a", "1", null),
            Change.of('r', 10, 4, "b", null, "{0,-0}"),
            Change.of('c', 20, 0, "b", null, "{0,-0}"),
            Change.of('c', 20, 1, "b", null, "{-0,0}"),
            Change.of('c', 20, 2, null, "NaN", null),
            Change.of('c', 20, 3, null, "NaN", null),
            Change.of('d', 21, 0, "a", "1", null),
            Change.of('d', 21, 1, null, "NaN", null),
            Change.of('d', 21, 2, "b", null, "{0,-0}"),
            Change.of('u', 22, 0, "c", "0", null).old("a", "1", null),
            Change.of('c', 23, 0, "c", "-0", null),
            Change.of('c', 23, 1, "c", "-0", null),
            Change.of('d', 24, 0, "c", "-0", null));
    assertThat(rows(lake))
        .containsExactlyInAnyOrder(
            row("a", "1", null),
            row("b", null, "{0,-0}"),
            row("b", null, "{-0,0}"),
            row(null, "NaN", null),
            row("c", "0", null),
            row("c", "-0", null));
  }

  @Test
  void withoutIdentityThereAreInsertsAndTruncatesOnly() throws Exception {
    LakeTable lake =
        table(
            events(ReplicaIdentity.NOTHING),
            Change.of('c', 20, 0, "void", "1", null),
            Change.truncate(21, 0),
            Change.of('c', 22, 0, "a", "1", null),
            Change.of('c', 22, 1, "a", "1", null));
    assertThat(rows(lake)).containsExactly(row("a", "1", null), row("a", "1", null));
  }

  @Test
  void withAKeyButWithoutIdentityTheLastInsertOfAKeyCounts() throws Exception {
    TableSchema schema =
        schema(
            "public.t",
            1,
            ReplicaIdentity.NOTHING,
            List.of(1),
            column(1, "id", BIGINT),
            column(2, "note", TEXT));
    LakeTable lake =
        table(schema, Change.of('c', 20, 0, "1", "a"), Change.of('c', 21, 0, "1", "b"));
    assertThat(rows(lake)).containsExactly(row("1", "b"));
  }
}
