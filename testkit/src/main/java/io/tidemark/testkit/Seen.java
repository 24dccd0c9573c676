package io.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableSchema;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Compares everything that readers of a destination see of a table with what was given to it: the
 * current rows where it keeps them, the history where it keeps that.
 */
public final class Seen {
  private final SinkFixture destination;
  private final String where;

  private Seen(SinkFixture destination, String where) {
    this.destination = destination;
    this.where = where;
  }

  /** What readers of a destination see. */
  public static Seen in(SinkFixture destination) {
    return new Seen(destination, "what readers see");
  }

  /** The same, with words that a failure begins with. */
  public Seen as(String description) {
    return new Seen(destination, description);
  }

  /** Asserts that a table consists of these changes, seen under a form of it. */
  public void holds(TableSchema newest, ChangeBatch... batches) {
    holds(newest, List.of(batches));
  }

  /** Asserts that a table consists of these changes, seen under a form of it. */
  public void holds(TableSchema newest, List<ChangeBatch> batches) {
    assertThat(
            destination.current(newest.name()).isPresent()
                || destination.history(newest.name()).isPresent())
        .as("the fixture shows rows")
        .isTrue();
    holdsNow(newest, batches);
    destination
        .history(newest.name())
        .ifPresent(rows -> equal(rows, history(newest, batches), "history"));
  }

  /** Asserts, where current rows are kept, that those of a table are what these changes left. */
  public void holdsNow(TableSchema newest, List<ChangeBatch> batches) {
    destination
        .current(newest.name())
        .ifPresent(
            rows -> equal(sorted(rows), sorted(CurrentRow.fold(newest, batches)), "current rows"));
  }

  /** Compared as a whole first: a difference of large lists takes long to describe. */
  private void equal(List<?> rows, List<?> expected, String what) {
    if (!rows.equals(expected)) {
      assertThat(rows.size())
          .as("%s: number of rows of the %s", where, what)
          .isEqualTo(expected.size());
      for (int i = 0; i < rows.size(); i++) {
        assertThat((Object) rows.get(i))
            .as("%s: %s, row %s", where, what, i)
            .isEqualTo(expected.get(i));
      }
    }
  }

  private static List<CurrentRow> sorted(List<CurrentRow> rows) {
    return rows.stream().sorted(Comparator.comparing(CurrentRow::toString)).toList();
  }

  private static List<CommittedRow> history(TableSchema newest, List<ChangeBatch> batches) {
    List<CommittedRow> rows = new ArrayList<>();
    batches.forEach(batch -> rows.addAll(CommittedRow.of(batch, newest)));
    rows.sort(
        Comparator.comparing(CommittedRow::lsn, Long::compareUnsigned)
            .thenComparing(CommittedRow::seq));
    return rows;
  }
}
