package io.tidemark.postgres.sink;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.TableName;
import io.tidemark.api.sink.SinkException.Rejected;
import io.tidemark.api.sink.SinkException.RowsRejected;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Applies a commit in parts within its transaction, in order, after it was refused as a whole:
 * halves of its source transactions, down to single ones and to single rows. What a part violates
 * is seen at its end, deferred constraints too, so the rows that are refused are found among those
 * that are not.
 */
final class RefusedRows {
  private final TargetSession session;
  private final CopyTables tables;
  private final TargetFailure failure;
  private final Map<TableName, List<Segment>> segments;
  private final List<RowsRejected.Row> refused = new ArrayList<>();

  /** A row's place in the log. */
  private record Place(TableName table, long ordinal) {}

  RefusedRows(
      TargetSession session,
      CopyTables tables,
      TargetFailure failure,
      Map<TableName, List<Segment>> segments) {
    this.session = session;
    this.tables = tables;
    this.failure = failure;
    this.segments = segments;
  }

  /**
   * Applies everything but the rows that are refused.
   *
   * @return those
   */
  List<RowsRejected.Row> apply() throws SQLException {
    TreeSet<Long> transactions = new TreeSet<>(Long::compareUnsigned);
    for (List<Segment> all : segments.values()) {
      for (Segment segment : all) {
        transactions.addAll(
            session.query(
                "SELECT DISTINCT n._lsn FROM " + segment.table() + " AS n WHERE " + segment.rows(),
                row -> row.getLong(1)));
      }
    }
    apply(List.copyOf(transactions));
    return refused;
  }

  private void apply(List<Long> transactions) throws SQLException {
    String range =
        "n._lsn BETWEEN "
            + transactions.get(0)
            + " AND "
            + transactions.get(transactions.size() - 1);
    if (attempt(range)) {
      return;
    }
    if (transactions.size() == 1) {
      applyRows(transactions.get(0));
    } else {
      int half = transactions.size() / 2;
      apply(transactions.subList(0, half));
      apply(transactions.subList(half, transactions.size()));
    }
  }

  /** Rows that one statement cannot apply may go in one by one; then none is refused. */
  private void applyRows(long lsn) throws SQLException {
    Map<Place, Rejected> found = new LinkedHashMap<>();
    Map<String, HeldTable> before = Map.copyOf(tables.forms());
    session.execute("SAVEPOINT rows");
    List<Place> places = places(lsn);
    for (Place place : places) {
      String range =
          "n._lsn = %d AND n._seq IN (%d, %d)"
              .formatted(lsn, place.ordinal() * 2, place.ordinal() * 2 + 1);
      one(place.table(), range, found).ifPresent(e -> found.put(place, e));
    }
    Optional<SQLException> late =
        within("checked", () -> session.execute("SET CONSTRAINTS ALL IMMEDIATE"));
    if (late.isPresent()) {
      // a deferred constraint does not say which row it was
      SQLException why = late.get();
      undo("rows", before);
      Optional<TableName> blamed = tables.named(TargetFailure.table(why));
      places.stream()
          .filter(place -> blamed.isEmpty() || blamed.get().equals(place.table()))
          .forEach(place -> found.putIfAbsent(place, failure.constraint(place.table(), why)));
      if (found.isEmpty()) {
        places.forEach(place -> found.put(place, failure.constraint(place.table(), why)));
      }
    } else {
      session.execute("RELEASE SAVEPOINT rows");
    }
    found.forEach((place, e) -> refused.add(new RowsRejected.Row(lsn, place.ordinal(), e)));
  }

  private List<Place> places(long lsn) throws SQLException {
    LinkedHashSet<Place> places = new LinkedHashSet<>();
    for (Map.Entry<TableName, List<Segment>> each : segments.entrySet()) {
      for (Segment segment : each.getValue()) {
        session.query(
            "SELECT n._seq FROM "
                + segment.table()
                + " AS n WHERE "
                + segment.where("n._lsn = " + lsn),
            row -> places.add(new Place(each.getKey(), row.getLong(1) / 2)));
      }
    }
    return places.stream().sorted(java.util.Comparator.comparingLong(Place::ordinal)).toList();
  }

  /** Applies one row; one that needs a row which was refused is refused as well. */
  private Optional<Rejected> one(TableName table, String range, Map<Place, Rejected> found)
      throws SQLException {
    try {
      return within("one", () -> tables.apply(table, limited(segments.get(table), range)))
          .map(e -> failure.constraint(table, e));
    } catch (TidemarkException e) {
      boolean builds =
          found.keySet().stream().anyMatch(place -> place.table().equals(table))
              || refused.stream().anyMatch(row -> row.why().table().equals(table));
      if (!builds) {
        throw e;
      }
      return Optional.of(failure.unfounded(table, e));
    }
  }

  /** Applies a part as a whole, or nothing of it. */
  private boolean attempt(String range) throws SQLException {
    try {
      return within(
              "part",
              () -> {
                for (Map.Entry<TableName, List<Segment>> each : segments.entrySet()) {
                  tables.apply(each.getKey(), limited(each.getValue(), range));
                }
                session.execute("SET CONSTRAINTS ALL IMMEDIATE");
              })
          .isEmpty();
    } catch (TidemarkException e) {
      if (refused.isEmpty()) {
        throw e;
      }
      return false; // whose row it is that was not found shows row by row
    }
  }

  private static List<Segment> limited(List<Segment> all, String range) {
    return all.stream()
        .map(
            segment ->
                new Segment(segment.table(), segment.form(), segment.ops(), segment.where(range)))
        .toList();
  }

  /** A part of the work. */
  @FunctionalInterface
  private interface Part {
    void run() throws SQLException;
  }

  /** Does a part, or nothing of it; tells why it was refused. */
  private Optional<SQLException> within(String savepoint, Part part) throws SQLException {
    Map<String, HeldTable> before = Map.copyOf(tables.forms());
    session.execute("SAVEPOINT " + savepoint);
    try {
      part.run();
      session.execute("RELEASE SAVEPOINT " + savepoint);
      session.execute("SET CONSTRAINTS ALL DEFERRED");
      return Optional.empty();
    } catch (SQLException e) {
      if (!TargetFailure.isOfRows(e)) {
        throw e;
      }
      undo(savepoint, before);
      return Optional.of(e);
    } catch (TidemarkException e) {
      undo(savepoint, before);
      throw e;
    }
  }

  private void undo(String savepoint, Map<String, HeldTable> before) throws SQLException {
    session.execute("ROLLBACK TO SAVEPOINT " + savepoint);
    session.execute("RELEASE SAVEPOINT " + savepoint);
    tables.forms().clear();
    tables.forms().putAll(before);
  }
}
