package io.tidemark.engine.deadletter;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.BiConsumer;
import java.util.function.IntFunction;

/**
 * The dead letters of one lane. Changes of a key that has a letter follow it, so that they can be
 * given again in order; an update of the key takes the new key along. A table without a key follows
 * whole, and so does one of which a TRUNCATE was put aside. A TRUNCATE of the whole table, put
 * aside or not, and so a new copy, makes the letters before it void.
 *
 * <p>Changed by the lane's thread; {@link #all} and {@link #count} may be asked by any. Tables by
 * their names in the copy.
 */
public final class LetterBox {
  private static final String ALL_KEYS = "";

  private final BiConsumer<String, Optional<String>> store;
  private final InstantSource clock;
  private final SortedMap<String, Letter> letters = new ConcurrentSkipListMap<>();
  private final Map<TableName, Set<String>> keys = new ConcurrentHashMap<>();

  /** Rows put into the box since it was opened; only the lane's thread asks. */
  private long parked;

  /**
   * Opens a box.
   *
   * @param entries the state of the copy, letters among it
   * @param store takes each entry that changes, to be committed with the rows around it
   */
  public LetterBox(SortedMap<String, String> entries, BiConsumer<String, Optional<String>> store) {
    this(entries, store, InstantSource.system());
  }

  /** The same with a clock of its own, which tells when letters are written. */
  public LetterBox(
      SortedMap<String, String> entries,
      BiConsumer<String, Optional<String>> store,
      InstantSource clock) {
    this.store = store;
    this.clock = clock;
    for (Map.Entry<String, String> entry : entries.tailMap(Letter.PREFIX).entrySet()) {
      if (entry.getKey().startsWith(Letter.PREFIX)) {
        remember(Letter.read(entry.getKey(), entry.getValue()));
      }
    }
  }

  private void remember(Letter letter) {
    letters.put(letter.key(), letter);
    keys.computeIfAbsent(letter.batch().table(), table -> ConcurrentHashMap.newKeySet())
        .addAll(keysOf(letter));
  }

  /** Puts a row that {@link #pass} has met into the box. */
  public void park(ChangeBatch batch, int row, Reason reason) {
    Letter letter = Letter.of(batch, row, reason, clock.instant());
    remember(letter);
    parked++;
    store.accept(letter.key(), Optional.of(letter.json()));
  }

  /** The rows that may go on; those that follow a letter are put into the box. */
  public ChangeBatch pass(ChangeBatch batch) {
    return keys.containsKey(batch.table()) ? pass(batch, row -> Optional.empty()) : batch;
  }

  /**
   * The rows that may go on. What they meet is decided row by row in the order of the log: those
   * that are to be put aside, and those that follow a letter, are put into the box.
   *
   * @param aside why a row is put aside whatever its key; empty where it is not
   */
  public ChangeBatch pass(ChangeBatch batch, IntFunction<Optional<Reason>> aside) {
    ChangeBatch passing = new ChangeBatch(batch.schema());
    for (int i = 0; i < batch.size(); i++) {
      Optional<Reason> reason = aside.apply(i);
      if (truncates(batch, i)) {
        forget(batch.table());
      }
      if (reason.isPresent()) {
        park(batch, i, reason.get());
      } else if (follows(batch, i)) {
        park(batch, i, Reason.FOLLOWS);
      } else {
        passing.addFrom(batch, i);
      }
    }
    return passing.size() == batch.size() ? batch : passing;
  }

  /** Whether a row empties its whole table. */
  private static boolean truncates(ChangeBatch batch, int i) {
    return batch.op(i) == Op.TRUNCATE && batch.leaf(i) == null;
  }

  private boolean follows(ChangeBatch batch, int i) {
    Set<String> waiting = keys.getOrDefault(batch.table(), Set.of());
    if (waiting.isEmpty() || waiting.contains(ALL_KEYS)) {
      return !waiting.isEmpty();
    }
    if (batch.op(i) == Op.TRUNCATE) {
      return false;
    }
    return waiting.contains(RowKeys.old(batch, i)) || waiting.contains(RowKeys.fresh(batch, i));
  }

  /**
   * The letters that a copy's state holds, as JSON, those of a table in the order of the log.
   *
   * @param entries the state of the copy
   */
  public static List<String> stored(SortedMap<String, String> entries) {
    return entries.tailMap(Letter.PREFIX).entrySet().stream()
        .takeWhile(entry -> entry.getKey().startsWith(Letter.PREFIX))
        .map(Map.Entry::getValue)
        .toList();
  }

  /** Throws a table's letters away; later changes of their keys go on to the sink. */
  public void discard(TableName table) {
    forget(table);
  }

  private void forget(TableName table) {
    keys.remove(table);
    for (Letter letter : of(table)) {
      letters.remove(letter.key());
      store.accept(letter.key(), Optional.empty());
    }
  }

  private List<Letter> of(TableName table) {
    return letters.values().stream().filter(each -> each.batch().table().equals(table)).toList();
  }

  /** The form of a table's newest letter. */
  public Optional<TableSchema> newestForm(TableName table) {
    return of(table).stream().reduce((a, b) -> b).map(letter -> letter.batch().schema());
  }

  /** How many letters a table has. */
  public long count(TableName table) {
    return keys.containsKey(table) ? of(table).size() : 0;
  }

  /** How many rows were put into the box since it was opened. */
  public long parked() {
    return parked;
  }

  /**
   * What {@link #edit} would do.
   *
   * @param place commit LSN and ordinal, as {@code 16/B374D848-3}
   * @param values JSON object of column names to values
   * @return false where there is no such letter
   * @throws TidemarkException USAGE when the values do not fit
   */
  public boolean wouldEdit(TableName table, String place, String values) {
    Optional<Letter> letter = at(table, place);
    letter.ifPresent(found -> found.edited(LetterEdit.read(values), clock.instant()));
    return letter.isPresent();
  }

  /** Changes values of a letter's row; nothing happens where there is none. */
  public void edit(TableName table, String place, String values) {
    at(table, place)
        .map(letter -> letter.edited(LetterEdit.read(values), clock.instant()))
        .ifPresent(
            edited -> {
              letters.put(edited.key(), edited);
              store.accept(edited.key(), Optional.of(edited.json()));
            });
  }

  private Optional<Letter> at(TableName table, String place) {
    return of(table).stream().filter(letter -> letter.place().equals(place)).findFirst();
  }

  /** How many letters there are. */
  public long count() {
    return letters.size();
  }

  /** Every letter as JSON, in the order of the log for each table. */
  public Collection<String> all() {
    return letters.values().stream().map(Letter::json).toList();
  }

  /** Takes rows that are given again. */
  @FunctionalInterface
  public interface Taker<X extends Exception> {
    /** Whether the sink took them. */
    boolean take(ChangeBatch row) throws X, InterruptedException;
  }

  /**
   * Gives a table's letters again, in order; what is taken leaves the box. Once one is not taken,
   * the others of its key stay behind it, and so does a TRUNCATE; behind a TRUNCATE all stay.
   *
   * @param newest the form that the table has now; a letter whose columns no longer fit stays
   */
  public <X extends Exception> void replay(TableSchema newest, Taker<X> taker)
      throws X, InterruptedException {
    List<Letter> given = of(newest.name());
    keys.remove(newest.name());
    List<Letter> left = new ArrayList<>();
    Set<String> blocked = new HashSet<>();
    for (Letter letter : given) {
      Set<String> own = keysOf(letter);
      Optional<ChangeBatch> row = under(newest, letter.batch());
      boolean free =
          blocked.isEmpty()
              || !blocked.contains(ALL_KEYS)
                  && !own.contains(ALL_KEYS)
                  && Collections.disjoint(own, blocked);
      if (free && row.isPresent() && taker.take(row.get())) {
        letters.remove(letter.key());
        store.accept(letter.key(), Optional.empty());
      } else {
        blocked.addAll(own);
        left.add(letter);
      }
    }
    left.forEach(this::remember);
  }

  private static Set<String> keysOf(Letter letter) {
    return letter.batch().schema().hasKey() && letter.batch().op(0) != Op.TRUNCATE
        ? new HashSet<>(List.of(RowKeys.fresh(letter.batch(), 0), RowKeys.old(letter.batch(), 0)))
        : Set.of(ALL_KEYS);
  }

  /** A row under a later form; empty where a column has another type now. */
  private static Optional<ChangeBatch> under(TableSchema newest, ChangeBatch row) {
    if (newest.equals(row.schema())) {
      return Optional.of(row);
    }
    for (Column column : newest.columns()) {
      int old = row.schema().indexOf(column.attnum());
      if (old >= 0 && !row.schema().columns().get(old).type().equals(column.type())) {
        return Optional.empty();
      }
    }
    ChangeBatch moved = new ChangeBatch(newest);
    moved.addRow(row.op(0), row.commitLsn(0), row.ordinal(0), row.xid(0), row.committedAt(0));
    if (row.leaf(0) != null) {
      moved.leaf(row.leaf(0));
    }
    fill(newest, row, row.columns(), moved.columns());
    if (row.beforeKind(0) != ChangeBatch.Before.NONE) {
      moved.addBefore(row.beforeKind(0));
      fill(newest, row, row.before(), moved.before());
    }
    return Optional.of(moved);
  }

  private static void fill(
      TableSchema newest, ChangeBatch row, List<ColumnData> from, List<ColumnData> to) {
    for (int c = 0; c < to.size(); c++) {
      int old = row.schema().indexOf(newest.columns().get(c).attnum());
      if (old >= 0) {
        to.get(c).addFrom(from.get(old), 0);
      } else {
        to.get(c).vector().addNull();
      }
    }
  }
}
