package io.tidemark.postgres.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import io.tidemark.postgres.history.Alignment.Ambiguous;
import io.tidemark.postgres.history.Alignment.Changed;
import io.tidemark.postgres.stream.Relation;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Which column is which: histories of a table, each told as what was known, what a RELATION message
 * says and what the catalog shows by the time it is read. A column is written {@code
 * number:name:type}, {@code type} with a modifier behind a dot.
 */
class AlignmentTest {
  private static final TableName NAME = TableName.parse("public.t");

  private static TableSchema form(int version, String columns) {
    List<Column> all = Arrays.stream(columns.split(" ")).map(AlignmentTest::column).toList();
    return new TableSchema(NAME, 1, version, all, List.of(1), ReplicaIdentity.DEFAULT, false);
  }

  private static Column column(String text) {
    String[] parts = text.split(":");
    return new Column(
        Integer.parseInt(parts[0]),
        parts[1],
        new DataType.Text(),
        parts[2],
        oid(parts[2]),
        typmod(parts[2]),
        false,
        false,
        Optional.empty());
  }

  private static int oid(String type) {
    return switch (type.split("\\.")[0]) {
      case "int" -> 23;
      case "text" -> 25;
      case "varchar" -> 1043;
      default -> throw new IllegalArgumentException(type);
    };
  }

  private static int typmod(String type) {
    return type.contains(".") ? Integer.parseInt(type.split("\\.")[1]) : -1;
  }

  /** Columns as {@code name:type}; the first is the key. */
  private static Relation relation(String columns) {
    List<Relation.Column> all =
        Arrays.stream(columns.split(" "))
            .map(text -> text.split(":"))
            .map(
                parts ->
                    new Relation.Column(
                        parts[0].equals("id"), parts[0], oid(parts[1]), typmod(parts[1])))
            .toList();
    return new Relation(1, "public", "t", 'd', all);
  }

  private static List<Integer> numbers(Alignment.Outcome outcome) {
    assertThat(outcome).isInstanceOf(Changed.class);
    return ((Changed) outcome).schema().columns().stream().map(Column::attnum).toList();
  }

  private static Alignment.Outcome find(String known, String message, String now) {
    return Alignment.find(relation(message), form(1, known), Optional.of(form(2, now)), 0, false);
  }

  @Test
  void aSwapOfNamesIsNoReorder() {
    assertThat(
            numbers(
                find(
                    "1:id:int 2:a:text 3:b:text",
                    "id:int b:text a:text",
                    "1:id:int 2:b:text 3:a:text")))
        .containsExactly(1, 2, 3);
  }

  @Test
  void aColumnThatWasDroppedAndAddedAgainIsAnother() {
    assertThat(
            numbers(
                find(
                    "1:id:int 2:a:text 3:b:text",
                    "id:int b:text a:text",
                    "1:id:int 3:b:text 4:a:text")))
        .containsExactly(1, 3, 4);
  }

  @Test
  void theCatalogMayBeAheadOfTheMessage() {
    assertThat(
            numbers(
                find(
                    "1:id:int 2:a:text",
                    "id:int a:text c:int",
                    "1:id:int 2:a:text 3:c:int 4:d:int")))
        .containsExactly(1, 2, 3);
  }

  @Test
  void aNameThatMayHaveBeenARenamedColumnsIsNotGuessed() {
    assertThat(find("1:id:int 2:a:text", "id:int b:text", "1:id:int 3:b:text"))
        .isInstanceOf(Ambiguous.class);
  }

  @Test
  void aColumnWidenedRenamedAndDroppedSinceIsNotTakenForOneAddedSince() {
    // neither widening nor becoming text gives the table another file
    assertThat(find("1:id:int 2:a:varchar.14", "id:int b:varchar.24", "1:id:int 3:b:varchar.24"))
        .isInstanceOf(Ambiguous.class);
    assertThat(find("1:id:int 2:a:varchar.14", "id:int b:text", "1:id:int 3:b:text"))
        .isInstanceOf(Ambiguous.class);
  }

  @Test
  void aColumnOfQuiteAnotherTypeIsNoRenamedOne() {
    assertThat(numbers(find("1:id:int 2:a:text", "id:int b:int", "1:id:int 3:b:int")))
        .containsExactly(1, 3);
  }

  @Test
  void aRelationWithoutAnIdentityInTheLogSaysNothingOfTheKey() {
    Relation.Column id = new Relation.Column(false, "id", 23, -1);
    Relation without = new Relation(1, "public", "t", 'd', List.of(id));
    TableSchema keyed = form(1, "1:id:int");
    assertThat(Alignment.known(without, List.of(keyed), false)).contains(keyed);
  }
}
