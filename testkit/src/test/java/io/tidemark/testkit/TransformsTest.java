package io.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.config.ComponentSpec;
import io.tidemark.api.config.Settings;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import io.tidemark.api.transform.Transform;
import io.tidemark.engine.transform.Transforms;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TransformsTest {
  private static final TableSchema PEOPLE =
      Form.of("public.people")
          .key("id", Form.BIGINT)
          .column("age", Form.INTEGER)
          .column("email", Form.TEXT)
          .column("salary", Form.MONEY)
          .column("born", Form.TIMESTAMPTZ)
          .schema();
  private static final TableSchema FULL =
      Form.of("public.people")
          .key("id", Form.BIGINT)
          .column("age", Form.INTEGER)
          .column("email", Form.TEXT)
          .identity(ReplicaIdentity.FULL)
          .schema();

  static Transform make(String type, Map<String, Object> options) {
    List<String> problems = new ArrayList<>();
    Transform transform = make(type, options, problems);
    assertThat(problems).isEmpty();
    return transform;
  }

  private static Transform make(String type, Map<String, Object> options, List<String> problems) {
    ComponentSpec spec =
        Transforms.SPECS.stream()
            .filter(each -> each.type().equals(type))
            .findFirst()
            .orElseThrow();
    Settings settings = Settings.read(spec, options, "transforms[0]", problems);
    return Transforms.of(type, settings, "transforms[0]", problems);
  }

  private static List<CommittedRow> through(Transform transform, ChangeBatch batch) {
    TableSchema schema = transform.schema(batch.schema()).orElseThrow();
    ChangeBatch result = transform.apply(batch);
    assertThat(result.schema()).isEqualTo(schema);
    return CommittedRow.of(result);
  }

  private static List<CommittedRow> rows(Batches batches) {
    return CommittedRow.of(batches.batch());
  }

  @Test
  void tablesAreChosenByPattern() {
    Transform transform =
        make("tables", Map.of("tables", "public.*, shop.item?", "exclude", "*.tmp_*"));
    for (String name : List.of("public.people", "shop.items")) {
      assertThat(transform.schema(Form.of(name).schema())).isPresent();
    }
    for (String name : List.of("public.tmp_1", "shop.item", "shop.itemss", "other.people")) {
      assertThat(transform.schema(Form.of(name).schema())).isEmpty();
    }
  }

  @Test
  void columnsAreLeftOutButNeverTheKey() {
    Transform transform = make("columns", Map.of("tables", "people", "exclude", "email, born"));
    ChangeBatch batch =
        Batches.of(PEOPLE)
            .at(100)
            .insert(1L, 30L, "a@b", new BigDecimal("1.00"), Instant.EPOCH)
            .update(2L, 31L, Batches.UNCHANGED)
            .oldKey(1L)
            .truncate()
            .batch();
    TableSchema less = Form.next(PEOPLE).drop("email").drop("born").schema();
    List<CommittedRow> rows = through(transform, batch);
    assertThat(transform.schema(PEOPLE).orElseThrow().columns()).isEqualTo(less.columns());
    assertThat(rows)
        .isEqualTo(
            rows(
                Batches.of(less)
                    .at(100)
                    .insert(1L, 30L, new BigDecimal("1.00"))
                    .update(2L, 31L)
                    .oldKey(1L)
                    .truncate()));
    assertThatThrownBy(() -> make("columns", Map.of("exclude", "id")).schema(PEOPLE))
        .hasMessage(
            "Cannot apply transform columns to table public.people: column 'id' is part of the key."
                + " Keep it, or mask it by hash.");
    assertThatThrownBy(
            () ->
                make("columns", Map.of("tables", "public.people", "exclude", "emial"))
                    .schema(PEOPLE))
        .hasMessageContaining("it has no column 'emial'. Did you mean 'email'?");
    assertThat(make("columns", Map.of("exclude", "other")).schema(PEOPLE)).contains(PEOPLE);
  }

  @Test
  void tablesAndColumnsAreRenamed() {
    Transform transform =
        make(
            "rename",
            Map.of("table", "people", "to", "crm.persons", "columns", Map.of("email", "mail")));
    ChangeBatch batch = Batches.of(FULL).at(1).update(1L, 2L, "x").oldRow(1L, 1L, "y").batch();
    CommittedRow row = through(transform, batch).get(0);
    assertThat(row.values()).containsEntry("mail", "x").doesNotContainKey("email");
    assertThat(row.before().orElseThrow()).containsEntry("mail", "y");
    TableSchema renamed = transform.schema(FULL).orElseThrow();
    assertThat(renamed.name()).isEqualTo(new TableName("crm", "persons"));
    assertThat(renamed.columns()).extracting(Column::attnum).containsExactly(1, 2, 3);
    assertThatThrownBy(
            () ->
                make("rename", Map.of("table", "people", "columns", Map.of("email", "id")))
                    .schema(FULL))
        .hasMessageContaining("two columns would be called 'id'");
  }

  @Test
  void constantsAreInEveryRowEvenOlderOnes() {
    Transform transform =
        make("constant", Map.of("column", "origin", "value", "7", "data-type", "bigint"));
    ChangeBatch batch =
        Batches.of(FULL).at(1).insert(1L).update(1L).oldRow(1L).delete(1L).truncate().batch();
    List<CommittedRow> rows = through(transform, batch);
    assertThat(rows)
        .extracting(row -> row.values().get("origin"))
        .containsExactly("7", "7", "7", null);
    assertThat(rows.get(1).before().orElseThrow()).containsEntry("origin", "7");
    assertThat(transform.schema(FULL).orElseThrow().column("origin").orElseThrow().backfill())
        .contains("7");
    List<String> problems = new ArrayList<>();
    make("constant", Map.of("column", "x", "value", "y", "data-type", "bigint"), problems);
    assertThat(problems).containsExactly("transforms[0].value: 'y' is no bigint.");
  }

  @Test
  void masksHideEveryTraceOfAValue() {
    TableSchema schema = Form.next(PEOPLE).column("note", Form.TEXT, "secret default").schema();
    Transform transform =
        make(
            "mask",
            Map.of(
                "columns",
                Map.of(
                    "id", "hash", "email", "partial", "salary", "redact", "born", "null", "note",
                    "redact"),
                "key",
                "0123456789abcdef",
                "keep",
                "3"));
    ChangeBatch batch =
        Batches.of(schema)
            .at(1)
            .insert(1L, 30L, "anna@example", new BigDecimal("9.99"), Instant.EPOCH, "n")
            .update(2L, 31L, Batches.UNCHANGED, new Batches.Raw("NaN"))
            .oldKey(1L)
            .update(2L, 32L, "é\uD83C\uDF0A", null, new Batches.Raw("infinity"), null)
            .batch();
    List<CommittedRow> rows = through(transform, batch);
    String one = "7fe2cd6c1e7a3ba8b0d45d2a1a6c6d0f";
    assertThat(rows.get(0).values())
        .containsEntry("email", "*********ple")
        .containsEntry("salary", "***")
        .containsEntry("note", "***")
        .containsEntry("age", "30")
        .doesNotContainKey("born");
    assertThat(rows.get(0).values().get("id")).matches("[0-9a-f]{64}").isNotEqualTo(one);
    assertThat(rows.get(1).unchanged()).containsExactly("email");
    assertThat(rows.get(1).values()).containsEntry("salary", "***");
    assertThat(rows.get(1).raw()).isEmpty();
    assertThat(rows.get(1).before().orElseThrow())
        .isEqualTo(Map.of("id", rows.get(0).values().get("id")));
    assertThat(rows.get(2).values()).containsEntry("email", "**").doesNotContainKey("salary");
    assertThat(rows.get(2).raw()).isEmpty();
    TableSchema masked = transform.schema(schema).orElseThrow();
    assertThat(masked.column("note").orElseThrow().backfill()).contains("***");
    assertThat(masked.column("id").orElseThrow().type()).isEqualTo(new DataType.Text());
    assertThat(masked.toString()).doesNotContain("secret");
  }

  @Test
  void aHashIsThatOfTheStandard() {
    Transform transform =
        make("mask", Map.of("columns", Map.of("email", "hash"), "key", "keykeykeykeykey1"));
    CommittedRow row =
        through(transform, Batches.of(FULL).at(1).insert(1L, 2L, "what do ya want").batch()).get(0);
    // openssl dgst -sha256 -hmac keykeykeykeykey1
    assertThat(row.values().get("email")).isEqualTo(HASH);
  }

  private static final String HASH =
      "7af27ce5887a8dfe8da0714c554bd3b62f5c34894368723b88f54cd0817b7acd";

  @Test
  void masksThatWouldMakeRowsAlikeAreRefused() {
    for (String way : List.of("redact", "partial", "null")) {
      assertThatThrownBy(() -> make("mask", Map.of("columns", Map.of("id", way))).schema(PEOPLE))
          .hasMessage(
              "Cannot apply transform mask to table public.people: column 'id' is part of the key,"
                  + " and "
                  + way
                  + " would make rows alike. Use hash.");
    }
    List<String> problems = new ArrayList<>();
    make("mask", Map.of("columns", Map.of("a", "hash", "b", "hasch"), "key", "short"), problems);
    assertThat(problems)
        .containsExactlyInAnyOrder(
            "transforms[0].columns.b: unknown mask 'hasch'. Did you mean 'hash'?",
            "transforms[0].key: a hash needs a key of 16 signs or more. Write '${env:NAME}' for"
                + " instance.");
  }

  private static Transform filter(String where) {
    return make("filter", Map.of("tables", "people", "where", where));
  }

  @Test
  void underFullIdentityRowsEnterAndLeaveExactly() {
    ChangeBatch batch =
        Batches.of(FULL)
            .at(1)
            .read(1L, 10L, "young")
            .read(2L, 20L, "old")
            .insert(3L, null, "unknown")
            .update(1L, 18L, Batches.UNCHANGED)
            .oldRow(1L, 10L, "young")
            .update(2L, 21L, "older")
            .oldRow(2L, 20L, "old")
            .update(2L, 5L, "shrunk")
            .oldRow(2L, 21L, "older")
            .update(3L, 4L, "still out")
            .oldRow(3L, null, "unknown")
            .delete(3L, 4L, "still out")
            .delete(1L, 18L, "young")
            .truncate()
            .batch();
    List<CommittedRow> rows = through(filter("age >= 18"), batch);
    Batches expected = Batches.of(FULL);
    expected.at(1, 1).read(2L, 20L, "old");
    expected.at(1, 3).insert(1L, 18L, "young");
    expected.at(1, 4).update(2L, 21L, "older").oldRow(2L, 20L, "old");
    expected.at(1, 5).delete(2L, 21L, "older");
    expected.at(1, 8).delete(1L, 18L, "young");
    expected.at(1, 9).truncate();
    assertThat(rows).isEqualTo(rows(expected));
    assertThat(through(filter("email.startsWith('y')"), batch))
        .extracting(CommittedRow::op)
        .containsExactly('r', 'u', 'd', 't');
  }

  @Test
  void underDefaultIdentityOtherColumnsAreJudgedByTheNewRow() {
    ChangeBatch batch =
        Batches.of(PEOPLE)
            .at(1)
            .insert(1L, 10L, "a")
            .insert(2L, 20L, "b")
            .update(2L, 17L, "b")
            .update(4L, 3L, "moved and out")
            .oldKey(3L)
            .update(5L, 40L, "stays")
            .delete(9L)
            .truncate()
            .batch();
    Batches expected = Batches.of(PEOPLE);
    expected.at(1, 1).insert(2L, 20L, "b");
    expected.at(1, 2).delete(2L);
    expected.at(1, 3).delete(3L);
    expected.at(1, 4).update(5L, 40L, "stays").delete(9L).truncate();
    assertThat(through(filter("age >= 18"), batch)).isEqualTo(rows(expected));
  }

  @Test
  void aConditionOnTheKeyJudgesTheOldKey() {
    ChangeBatch batch =
        Batches.of(PEOPLE)
            .at(1)
            .insert(5L, 1L, "out")
            .insert(50L, 1L, "in")
            .update(60L, 1L, "in, in")
            .oldKey(50L)
            .update(6L, 1L, "leaves")
            .oldKey(60L)
            .update(70L, 1L, "enters")
            .oldKey(5L)
            .update(7L, 2L, "out, out")
            .oldKey(6L)
            .update(70L, 3L, Batches.UNCHANGED)
            .delete(7L)
            .delete(70L)
            .batch();
    Batches expected = Batches.of(PEOPLE);
    expected.at(1, 1).insert(50L, 1L, "in").update(60L, 1L, "in, in").oldKey(50L);
    expected.at(1, 3).delete(60L).insert(70L, 1L, "enters");
    expected.at(1, 6).update(70L, 3L, Batches.UNCHANGED);
    expected.at(1, 8).delete(70L);
    assertThat(through(filter("id >= 10"), batch)).isEqualTo(rows(expected));
  }

  @Test
  void whatCannotBeJudgedIsRefusedNotGuessed() {
    assertThatThrownBy(() -> filter("email == 'x'").schema(PEOPLE))
        .hasMessageStartingWith(
            "Cannot apply transform filter to table public.people: column 'email' may be stored out"
                + " of line");
    assertThatThrownBy(() -> filter("agee > 1").schema(PEOPLE))
        .hasMessageContaining("undeclared reference to 'agee'");
    assertThatThrownBy(() -> filter("age + 1").schema(PEOPLE)).hasMessageContaining("bool");
    List<String> problems = new ArrayList<>();
    make("filter", Map.of("where", "age >"), problems);
    assertThat(problems).singleElement().asString().startsWith("transforms[0].where: cannot read");

    ChangeBatch moved = Batches.of(PEOPLE).at(1).update(1L, 20L, Batches.UNCHANGED).batch();
    assertThatThrownBy(() -> filter("age > 18").apply(moved))
        .hasMessageContaining("an UPDATE may have moved a row into the condition");
    Transform inline = make("filter", Map.of("where", "email == 'x'", "inline", "email"));
    assertThat(inline.schema(PEOPLE)).contains(PEOPLE);
    assertThatThrownBy(() -> inline.apply(moved))
        .hasMessageContaining("the log left out the value of column 'email'");
  }

  @Test
  void aFailingConditionTellsNoValue() {
    ChangeBatch batch = Batches.of(PEOPLE).at(1).insert(1L, 1L, "secret").batch();
    Transform parses = make("filter", Map.of("where", "int(email) > 1", "inline", "email"));
    ChangeBatch passed = parses.apply(batch);
    assertThat(passed.firstRefused()).isZero();
    assertThat(passed.refusal(0))
        .startsWith(
            "Cannot apply transform filter to table public.people: the condition failed for")
        .doesNotContain("secret");
    assertThat(CommittedRow.of(passed)).isEqualTo(CommittedRow.of(batch));
  }

  @Test
  void decimalsThatADoubleCannotTellApartAreRefused() {
    TableSchema wide =
        Form.of("public.wide")
            .key("id", Form.BIGINT)
            .column("amount", new io.tidemark.api.model.DataType.Decimal(18, 2))
            .schema();
    Transform filter = make("filter", Map.of("where", "amount > 1.0"));
    ChangeBatch exact =
        Batches.of(wide).at(1).insert(1L, new BigDecimal("9999999999999.99")).batch();
    assertThat(filter.apply(exact).size()).isOne();
    ChangeBatch beyond =
        Batches.of(wide).at(1).insert(1L, new BigDecimal("9999999999999999.99")).batch();
    assertThat(filter.apply(beyond).refusal(0))
        .contains("column 'amount' has more than 15 digits and cannot be compared");
  }

  @Test
  void conditionsReadEveryKindOfValue() {
    ChangeBatch batch =
        Batches.of(PEOPLE)
            .at(1)
            .insert(1L, 1L, "x", new BigDecimal("0.10"), Instant.parse("2026-01-01T00:00:00.5Z"))
            .insert(2L, null, null, null, null)
            .insert(3L, 3L, "z", new Batches.Raw("NaN"), Instant.EPOCH)
            .batch();
    Map<String, Set<String>> conditions =
        Map.of(
            "salary == 0.10", Set.of("1"),
            "salary > 1.0", Set.of(),
            "born > timestamp('2026-01-01T00:00:00Z')", Set.of("1"),
            "age == null", Set.of("2"),
            "age != null && age < 3", Set.of("1"),
            "age < 3 || id == 2", Set.of("1", "2"),
            "!(age == 1)", Set.of("2", "3"),
            "id in [1, 3]", Set.of("1", "3"));
    conditions.forEach(
        (where, ids) ->
            assertThat(through(filter(where), batch))
                .as(where)
                .extracting(row -> row.values().get("id"))
                .containsExactlyInAnyOrderElementsOf(ids));
  }
}
