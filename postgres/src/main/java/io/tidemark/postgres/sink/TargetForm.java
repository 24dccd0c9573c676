package io.tidemark.postgres.sink;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.tidemark.postgres.catalog.Sql;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The form of a table as the copy has it, or shall have it.
 *
 * @param version of the source's form
 * @param columns in the order of their attribute numbers
 * @param key attribute numbers of the key, empty for a multiset of rows
 * @param insertOnly whether the log has no deletes, so that one insert ends an earlier one
 * @param partitioned whether rows carry their leaf partition
 */
record TargetForm(
    int version, List<Part> columns, List<Integer> key, boolean insertOnly, boolean partitioned) {
  /** The column that holds a row's leaf partition. */
  static final String LEAF = "_partition";

  /**
   * A column.
   *
   * @param type the copy's type, as SQL names it
   * @param backfill text of the value that rows older than the column have; null for none
   * @param notNull whether the copy forbids nulls
   */
  record Part(int attnum, String name, String type, String backfill, boolean notNull) {
    /** The name in the copy, quoted. */
    String quoted() {
      return Sql.name(name);
    }

    /** The name in tables of changes. */
    String staged() {
      return "c" + attnum;
    }

    /** SQL of the value that rows older than the column have. */
    String standard() {
      return (backfill == null ? "NULL" : Sql.text(backfill)) + "::" + type;
    }

    Part nullable() {
      return new Part(attnum, name, type, backfill, false);
    }
  }

  TargetForm {
    columns = List.copyOf(columns);
    key = List.copyOf(key);
  }

  @JsonIgnore
  boolean hasKey() {
    return !key.isEmpty();
  }

  Optional<Part> part(int attnum) {
    return columns.stream().filter(part -> part.attnum() == attnum).findFirst();
  }

  List<Part> keyParts() {
    return key.stream().map(attnum -> part(attnum).orElseThrow()).toList();
  }

  /** The names of the key's columns in tables of changes. */
  String stagedKey() {
    return keyParts().stream().map(Part::staged).collect(Collectors.joining(", "));
  }

  /** The same with nulls allowed in some columns. */
  TargetForm withNulls(Set<Integer> attnums) {
    return new TargetForm(
        version,
        columns.stream()
            .map(part -> attnums.contains(part.attnum()) ? part.nullable() : part)
            .toList(),
        key,
        insertOnly,
        partitioned);
  }

  /** The same with rows told apart by another key. */
  TargetForm withKey(List<Integer> other) {
    return new TargetForm(version, columns, other, insertOnly, partitioned);
  }

  /**
   * The same as a table can have it that has another form now: a column is never made NOT NULL
   * later, because that is not known of the rows that are there.
   */
  TargetForm after(TargetForm now) {
    return withNulls(
        columns.stream()
            .filter(part -> !now.part(part.attnum()).map(Part::notNull).orElse(false))
            .map(Part::attnum)
            .collect(Collectors.toSet()));
  }

  /** Whether values stand in the same columns of the same types. */
  boolean holdsLike(TargetForm other) {
    return columns.size() == other.columns.size()
        && columns.stream()
            .allMatch(
                part ->
                    other
                        .part(part.attnum())
                        .map(same -> same.type().equals(part.type()))
                        .orElse(false));
  }
}
