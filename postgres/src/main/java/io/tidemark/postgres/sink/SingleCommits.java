package io.tidemark.postgres.sink;

import io.tidemark.api.model.TableName;
import io.tidemark.api.sink.Commit;
import io.tidemark.api.sink.SinkException;
import io.tidemark.postgres.catalog.ServerWords;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Many commits, each a transaction of its own, by one call: a block of PL/pgSQL that goes through
 * them and says COMMIT behind each. All but the last leave the wait for the target's log to the
 * last one, which lies behind them in it.
 */
final class SingleCommits {
  /** Raised in the block: another writer has taken over. */
  static final String FENCED = "TM001";

  /** Raised in the block: a value that was left out is nowhere. The message is the table. */
  static final String LOST = "TM002";

  private final StateTables state;

  /** The tables concerned, each with what it is and all its pieces. */
  private final Map<TableName, Table> tables = new LinkedHashMap<>();

  private final List<Commit> commits = new ArrayList<>();
  private final List<String> rows = new ArrayList<>();

  /** One table, and what is known of all pieces together. */
  private static final class Table {
    private final HeldTable held;
    private final String changes;
    private final int place;
    private Ops ops = Ops.NONE;

    private Table(HeldTable held, String changes, int place) {
      this.held = held;
      this.changes = changes;
      this.place = place;
    }

    private CurrentTable current(TargetSession session) {
      return new CurrentTable(session, held.sql(), held.form(), changes, ops);
    }
  }

  SingleCommits(StateTables state) {
    this.state = state;
  }

  List<Commit> commits() {
    return commits;
  }

  /**
   * Takes a commit, if the block can say it: plain changes of members whose form stays.
   *
   * @param segments its pieces; all of members for which nothing waits
   * @param forms what the copy has
   * @return whether it was taken
   */
  boolean take(
      Commit commit, Map<TableName, List<Segment>> segments, Map<String, HeldTable> forms) {
    boolean above =
        commits.isEmpty() || !commit.tidemark().equals(commits.get(commits.size() - 1).tidemark());
    if (!above || !state.shows(commit)) {
      return false;
    }
    for (Map.Entry<TableName, List<Segment>> each : segments.entrySet()) {
      if (!isPlain(each.getKey(), each.getValue(), forms)) {
        return false;
      }
    }
    Map<Integer, Long> pieces = new LinkedHashMap<>();
    segments.forEach((table, segment) -> pieces.put(table(table, segment.get(0), forms), 0L));
    commit
        .staged()
        .forEach(staged -> pieces.put(tables.get(staged.table()).place, Stage.piece(staged)));
    commits.add(commit);
    rows.add(row(commit, pieces));
    return true;
  }

  private boolean isPlain(TableName name, List<Segment> segments, Map<String, HeldTable> forms) {
    HeldTable held = forms.get(name.toString());
    Segment segment = segments.get(0);
    if (segments.size() > 1 || held == null || segment.ops().snapshot()) {
      return false;
    }
    Table known = tables.get(name);
    boolean stays =
        segment.form().withNulls(segment.ops().nulls()).after(held.form()).equals(held.form());
    return stays
        && held.indexed().equals(held.form().key())
        && (known == null || known.changes.equals(segment.table()))
        && new CurrentTable(null, held.sql(), held.form(), segment.table(), segment.ops())
            .isPlain();
  }

  private int table(TableName name, Segment segment, Map<String, HeldTable> forms) {
    Table table =
        tables.computeIfAbsent(
            name,
            each -> new Table(forms.get(each.toString()), segment.table(), tables.size() + 1));
    table.ops = table.ops.and(segment.ops());
    return table.place;
  }

  private String row(Commit commit, Map<Integer, Long> pieces) {
    StringBuilder row = new StringBuilder("(").append(commits.size());
    row.append(state.values(commit)).append(", '{");
    int last = pieces.keySet().stream().mapToInt(Integer::intValue).max().orElse(0);
    for (int place = 1; place <= last; place++) {
      row.append(place > 1 ? "," : "").append(pieces.getOrDefault(place, -1L));
    }
    return row.append("}'::int8[])").toString();
  }

  /** What it means that the block has failed, where the connection lives. */
  SinkException failure(SQLException e, TargetFailure failure) {
    if (ServerWords.state(e).equals(FENCED)) {
      return state.fenced();
    }
    if (ServerWords.state(e).equals(LOST)) {
      throw TargetFailure.changed(
          TargetFailure.words(e),
          "a row was updated with values left out that are not in the copy");
    }
    return failure.ofServer("apply changes", e);
  }

  /**
   * The statement.
   *
   * @param waits whether the last commit is the last before somebody is told
   */
  String sql(TargetSession session, boolean waits) {
    StringBuilder body =
        new StringBuilder("#variable_conflict use_variable\n") // a column may have its name
            .append("DECLARE s record; p int8;\nBEGIN\nFOR s IN SELECT * FROM (VALUES\n");
    body.append(String.join(",\n", rows))
        .append(") AS v(n, ")
        .append(StateTables.VALUES)
        .append(", pieces) ORDER BY n LOOP\n");
    if (waits) {
      body.append("IF s.n < ").append(commits.size()).append(" THEN\n");
    }
    body.append("PERFORM pg_catalog.set_config('synchronous_commit', 'off', true);\n");
    body.append(waits ? "END IF;\n" : "");
    body.append(state.block(FENCED));
    for (Table table : tables.values()) {
      body.append("p := s.pieces[")
          .append(table.place)
          .append("];\nIF p >= 0 THEN\n")
          .append(table.current(session).block("n." + Segment.PIECE + " = p", LOST))
          .append("END IF;\n");
    }
    body.append("COMMIT;\nEND LOOP;\nEND");
    String quote = "$tidemark$";
    for (int i = 0; body.indexOf(quote) >= 0; i++) {
      quote = "$tidemark" + i + "$";
    }
    return "DO " + quote + body + quote;
  }
}
