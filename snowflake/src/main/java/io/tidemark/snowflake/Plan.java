package io.tidemark.snowflake;

import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState;
import io.tidemark.api.sink.Commit;
import io.tidemark.api.sink.Staged;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a commit does to each table, known before it begins, because DDL comes first.
 *
 * @param steps one for each table that is concerned
 * @param folders of the stage that are free once it is committed
 */
record Plan(List<Step> steps, Set<String> folders) {
  /** What happens to the rows of a table. */
  enum Act {
    /** The snapshot's are applied, the stream's wait. */
    COPY,
    /** All wait. */
    HOLD,
    /** All are applied, and what has waited before them. */
    APPLY,
    /** What waits is void, and what comes too: the table has left the copy unfinished. */
    FORGET,
    /** There are none. */
    NONE
  }

  /**
   * One table.
   *
   * @param now its form
   * @param next its form behind the commit
   */
  record Step(TableName table, Act act, List<Piece> pieces, TableForm now, TableForm next) {
    /** Whether the table is to be made, or to be given another form. */
    boolean changesForm() {
      return !next.equals(now) || !now.made() && !now.equals(TableForm.NONE);
    }
  }

  static Plan of(
      Commit commit,
      Forms forms,
      StateTables state,
      Map<TableName, RowForm> pending,
      Destination names) {
    TreeMap<TableName, List<Piece>> pieces = new TreeMap<>();
    Set<String> folders = new TreeSet<>();
    for (Staged staged : commit.staged()) {
      Piece piece = Piece.of(staged.description());
      folders.add(piece.folder());
      pieces.computeIfAbsent(staged.table(), table -> new ArrayList<>()).add(piece);
    }
    TreeSet<TableName> concerned = new TreeSet<>(pieces.keySet());
    concerned.addAll(pending.keySet());
    commit.tables().keySet().stream().filter(forms::waits).forEach(concerned::add);
    List<Step> steps = new ArrayList<>();
    for (TableName table : concerned) {
      List<Piece> given = pieces.getOrDefault(table, List.of());
      Act act = act(commit, table, given, forms, state);
      List<Piece> loaded = act == Act.FORGET ? List.of() : given;
      List<Segment> rows = new ArrayList<>(loaded.stream().map(Piece::segment).toList());
      if (act == Act.APPLY) {
        rows.addAll(forms.waiting(table));
      }
      TableForm now = forms.of(table).orElse(TableForm.NONE);
      TableForm next = next(now, rows, Optional.ofNullable(pending.get(table)), names);
      steps.add(new Step(table, act, loaded, now, next));
    }
    return new Plan(steps, folders);
  }

  private static Act act(
      Commit commit, TableName table, List<Piece> pieces, Forms forms, StateTables state) {
    TableState.Phase phase =
        Optional.ofNullable(commit.tables().get(table))
            .map(TableState::phase)
            .orElse(TableState.Phase.MEMBER);
    boolean waits = forms.waits(table);
    Act rows = pieces.isEmpty() ? Act.NONE : Act.APPLY;
    return switch (phase) {
      case WAITING, COPYING -> pieces.isEmpty() ? Act.NONE : Act.COPY;
      case CATCHING_UP -> pieces.isEmpty() ? Act.NONE : Act.HOLD;
      case MEMBER -> waits ? Act.APPLY : rows;
      case PAUSED, FAILED, DETACHED -> {
        boolean snapshot = pieces.stream().anyMatch(piece -> piece.segment().kinds().snapshot());
        yield waits || !state.wasMember(table) || snapshot ? Act.FORGET : rows;
      }
    };
  }

  /** The form with room for all rows and for the newest form of the source. */
  private static TableForm next(
      TableForm now, List<Segment> rows, Optional<RowForm> pending, Destination names) {
    List<RowForm> wanted = new ArrayList<>(rows.stream().map(Segment::form).toList());
    pending.ifPresent(wanted::add);
    if (wanted.isEmpty()) {
      return now;
    }
    TreeSet<Integer> raws = new TreeSet<>();
    rows.forEach(segment -> raws.addAll(segment.kinds().raws()));
    RowForm newest = wanted.stream().max(Comparator.comparingInt(RowForm::version)).orElseThrow();
    return newest.version() >= now.version()
        ? now.towards(newest, raws, names)
        : now.withRaws(raws);
  }
}
