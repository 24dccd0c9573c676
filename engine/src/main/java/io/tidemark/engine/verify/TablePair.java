package io.tidemark.engine.verify;

import io.tidemark.api.copy.CopiedTable;
import io.tidemark.api.copy.CopyReader;
import io.tidemark.api.copy.CopyReader.KeyRange;
import io.tidemark.api.copy.Digest;
import io.tidemark.api.copy.Slice;
import io.tidemark.api.copy.SourceReader;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.TableSchema;
import io.tidemark.engine.transform.TransformChain;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** One table on both sides, its rows brought into the same form: that of the copy. */
final class TablePair {
  private static final int BATCH = 1000;

  /** Of more keys than so many, reading the whole copy once is cheaper. */
  private static final int MOST_LOOKED_UP = 10_000;

  /**
   * A row.
   *
   * @param key PostgreSQL's texts of the key's columns; empty without a key
   * @param values those of the columns that are compared
   */
  record Row(List<String> key, List<String> values) {}

  private final SourceReader.Table source;
  private final CopyReader copy;
  private final TableSchema form;
  private final TableSchema copyForm;
  private final List<Column> columns;
  private final int[] copyValues;
  private final int[] copyKey;
  private final Optional<AlteredRows> altered;

  private TablePair(
      SourceReader.Table source,
      CopyReader copy,
      CopySide.Subject subject,
      List<Column> columns,
      TransformChain transforms) {
    this.source = source;
    this.copy = copy;
    this.form = subject.form();
    this.copyForm = subject.copied().orElseThrow().schema();
    this.columns = columns;
    this.copyValues = columns.stream().mapToInt(c -> copyForm.indexOf(c.attnum())).toArray();
    this.copyKey = copyForm.key().stream().mapToInt(copyForm::indexOf).toArray();
    this.altered =
        transforms.alters(form)
            ? Optional.of(new AlteredRows(source, form, transforms))
            : Optional.empty();
  }

  /** Both sides; empty where the source has the table no more. */
  static Optional<TablePair> of(
      SourceReader source, CopyReader copy, CopySide.Subject subject, TransformChain transforms) {
    TableSchema form = subject.form();
    CopiedTable copied = subject.copied().orElseThrow();
    Optional<SourceReader.Table> first = source.table(form, List.of());
    if (first.isEmpty()) {
      return Optional.empty();
    }
    Set<Integer> there = first.get().attributes();
    List<Column> columns =
        copied.schema().columns().stream()
            .filter(c -> there.contains(c.attnum()) || form.indexOf(c.attnum()) < 0)
            .toList();
    List<Integer> digested =
        columns.stream().map(Column::attnum).filter(a -> form.indexOf(a) >= 0).toList();
    return source
        .table(form, digested)
        .map(table -> new TablePair(table, copy, subject, columns, transforms));
  }

  /** What of the table is not compared, in words. */
  List<String> notes() {
    List<String> notes = new ArrayList<>();
    for (Column column : copyForm.columns()) {
      if (!columns.contains(column)) {
        notes.add("column " + column.name() + ": the source has it no more");
      }
    }
    for (String name : source.added()) {
      notes.add("column " + name + ": the copy has not heard of it yet");
    }
    return notes;
  }

  SourceReader.Table source() {
    return source;
  }

  boolean hasKey() {
    return copyKey.length > 0;
  }

  /** Whether rows of the source are taken through transforms. */
  boolean isAltered() {
    return altered.isPresent();
  }

  /** Whether a single key can be asked of the source as the copy has it. */
  boolean canLookUp() {
    return hasKey() && !isAltered() && !form.key().isEmpty();
  }

  /** All rows of the copy, in the order of its reader. */
  Iterator<Row> copyRows() {
    return seen(copy.rows(copyForm.name(), KeyRange.ALL));
  }

  /** The rows of the copy that have one of these keys, in any order; maybe others too. */
  Iterator<Row> copyRows(Collection<List<String>> keys) {
    return keys.size() > MOST_LOOKED_UP
        ? copyRows()
        : seen(copy.lookUp(copyForm.name(), List.copyOf(keys)));
  }

  private Iterator<Row> seen(Iterator<List<String>> rows) {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return rows.hasNext();
      }

      @Override
      public Row next() {
        List<String> row = rows.next();
        return new Row(pick(row, copyKey), pick(row, copyValues));
      }
    };
  }

  private static List<String> pick(List<String> row, int[] places) {
    List<String> picked = new ArrayList<>(places.length);
    for (int place : places) {
      picked.add(row.get(place));
    }
    return picked;
  }

  /** The rows of a slice of the source. */
  void sourceRows(Slice slice, Consumer<Row> to) {
    give(rows -> source.rows(slice, rows), to);
  }

  /** The rows of some parts of a slice of the source. */
  void sourceRows(Slice slice, int parts, Set<Integer> wanted, Consumer<Row> to) {
    if (altered.isEmpty()) {
      give(rows -> source.rows(slice, parts, wanted, rows), to);
      return;
    }
    Digest.Maker maker = new Digest.Maker();
    give(
        rows -> source.rows(slice, rows),
        row -> {
          if (wanted.contains(maker.of(row.values()).part(parts))) {
            to.accept(row);
          }
        });
  }

  private void give(Consumer<Consumer<List<String>>> rows, Consumer<Row> to) {
    List<List<String>> batch = new ArrayList<>();
    rows.accept(
        row -> {
          batch.add(row);
          if (batch.size() == BATCH) {
            hand(batch, to);
            batch.clear();
          }
        });
    hand(batch, to);
  }

  private void hand(List<List<String>> rows, Consumer<Row> to) {
    if (altered.isPresent()) {
      for (List<String> row : altered.get().of(rows)) {
        to.accept(new Row(pick(row, copyKey), pick(row, copyValues)));
      }
      return;
    }
    int[] key = form.key().stream().mapToInt(form::indexOf).toArray();
    int[] values = columns.stream().mapToInt(column -> form.indexOf(column.attnum())).toArray();
    for (List<String> row : rows) {
      to.accept(new Row(pick(row, copyForm.hasKey() ? key : new int[0]), pick(row, values)));
    }
  }

  /** The digests of the parts of a slice of the source. */
  Map<Integer, Digest> sourceDigests(Slice slice, int parts) {
    if (altered.isEmpty()) {
      return source.digests(slice, parts);
    }
    Digest.Maker maker = new Digest.Maker();
    Map<Integer, Digest> digests = new HashMap<>();
    sourceRows(
        slice,
        row -> {
          Digest digest = maker.of(row.values());
          digests.merge(digest.part(parts), digest, Digest::plus);
        });
    return digests;
  }

  /** Names of the columns in which two rows differ. */
  List<String> differing(List<String> left, List<String> right) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      if (!java.util.Objects.equals(left.get(i), right.get(i))) {
        names.add(columns.get(i).name());
      }
    }
    return names;
  }
}
