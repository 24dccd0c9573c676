package io.tidemark.postgres.sink;

import io.tidemark.api.model.TableName;
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
    Optional<SQLException> why = attempt(range);
    if (why.isEmpty()) {
      return;
    }
    if (transactions.size() == 1) {
      applyRows(transactions.get(0), why.get());
    } else {
      int half = transactions.size() / 2;
      apply(transactions.subList(0, half));
      apply(transactions.subList(half, transactions.size()));
    }
  }

  private void applyRows(long lsn, SQLException whole) throws SQLException {
    Map<Place, SQLException> found = new LinkedHashMap<>();
    Map<String, HeldTable> before = Map.copyOf(tables.forms());
    session.execute("SAVEPOINT rows");
    List<Place> places = places(lsn);
    for (Place place : places) {
      String range =
          "n._lsn = %d AND n._seq IN (%d, %d)"
              .formatted(lsn, place.ordinal() * 2, place.ordinal() * 2 + 1);
      one(place.table(), range).ifPresent(e -> found.put(place, e));
    }
    Optional<SQLException> late = check();
    if (late.isPresent() || found.isEmpty()) {
      // a deferred constraint does not say which row it was
      SQLException why = late.orElse(whole);
      session.execute("ROLLBACK TO SAVEPOINT rows");
      tables.forms().clear();
      tables.forms().putAll(before);
      Optional<TableName> blamed = tables.named(TargetFailure.table(why));
      places.stream()
          .filter(place -> blamed.isEmpty() || blamed.get().equals(place.table()))
          .forEach(place -> found.putIfAbsent(place, why));
      if (found.isEmpty()) {
        places.forEach(place -> found.put(place, why));
      }
    }
    found.forEach(
        (place, e) ->
            refused.add(
                new RowsRejected.Row(lsn, place.ordinal(), failure.constraint(place.table(), e))));
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

  private Optional<SQLException> one(TableName table, String range) throws SQLException {
    return within("one", () -> tables.apply(table, limited(segments.get(table), range)));
  }

  private Optional<SQLException> attempt(String range) throws SQLException {
    return within(
        "part",
        () -> {
          for (Map.Entry<TableName, List<Segment>> each : segments.entrySet()) {
            tables.apply(each.getKey(), limited(each.getValue(), range));
          }
          session.execute("SET CONSTRAINTS ALL IMMEDIATE");
        });
  }

  private Optional<SQLException> check() throws SQLException {
    return within("checked", () -> session.execute("SET CONSTRAINTS ALL IMMEDIATE"));
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
      session.execute("ROLLBACK TO SAVEPOINT " + savepoint);
      session.execute("RELEASE SAVEPOINT " + savepoint);
      tables.forms().clear();
      tables.forms().putAll(before);
      return Optional.of(e);
    }
  }
}
