package io.tidemark.snowflake;

import io.tidemark.api.model.TableName;
import io.tidemark.api.sink.SinkException;
import io.tidemark.snowflake.TableForm.Cell;
import io.tidemark.snowflake.TableForm.Life;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The DDL of a commit, which Snowflake commits by itself: what only adds is done before the
 * transaction, what renames or takes away after it, from what the transaction has stored. Each
 * statement may be repeated, and one that comes late, from a writer that slept, adds what nobody
 * minds or fails; it never takes rows away.
 */
final class Making {
  private final Session session;
  private final Destination names;
  private final StateTables state;

  /** What was made by this session already. */
  private final Set<String> made = new HashSet<>();

  Making(Session session, Destination names, StateTables state) {
    this.session = session;
    this.names = names;
    this.state = state;
  }

  /** Makes the journal of a segment. */
  void journal(Segment segment) throws SQLException {
    if (made.add(segment.journal())) {
      List<String> columns =
          segment.wires().stream()
              .map(wire -> SqlText.name(wire.name()) + " " + wire.type())
              .toList();
      session.execute(
          "CREATE TRANSIENT TABLE IF NOT EXISTS "
              + names.own(segment.journal())
              + " ("
              + String.join(", ", columns)
              + ") DATA_RETENTION_TIME_IN_DAYS = 0");
    }
  }

  /**
   * Gives a table of the copy the columns that it lacks.
   *
   * @throws SinkException.Fenced when another writer has taken over
   */
  void table(TableName table, TableForm now, TableForm next)
      throws SQLException, SinkException.Fenced {
    if (!now.made() && !made.contains(table.toString())) {
      create(table, next);
      made.add(table.toString());
    }
    String name = names.name(table);
    for (Cell cell : next.live()) {
      Cell old =
          now.cells().stream()
              .filter(each -> each.column().equals(cell.column()))
              .findFirst()
              .orElse(null);
      if (old == null || !now.made()) {
        add(name, cell.column(), cell.type());
      } else if (!old.type().equals(cell.type())) {
        session.execute(
            "ALTER TABLE "
                + name
                + " ALTER COLUMN "
                + cell.sql()
                + " SET DATA TYPE "
                + cell.type());
      }
      if (cell.raw() && (old == null || !old.raw() || !now.made())) {
        add(name, cell.rawColumn(), SnowflakeTypes.TEXT);
      }
    }
    if (next.leaf() && !(now.leaf() && now.made())) {
      add(name, Destination.LEAF, SnowflakeTypes.TEXT);
    }
    if (next.counted() && !(now.counted() && now.made())) {
      add(name, Destination.ROW, SnowflakeTypes.TEXT);
    }
  }

  private void add(String table, String column, String type) throws SQLException {
    if (made.add(table + "." + column)) {
      session.execute(
          "ALTER TABLE "
              + table
              + " ADD COLUMN IF NOT EXISTS "
              + SqlText.name(column)
              + " "
              + type);
    }
  }

  /** Notes that the table is ours, then makes it: what is there without the note is not ours. */
  private void create(TableName table, TableForm form) throws SQLException, SinkException.Fenced {
    state.saveFormNow(Forms.owner(table), Piece.json(form));
    state.schema(names.schema(table), names.schemaName(table));
    List<String> columns = new ArrayList<>();
    String name = names.name(table);
    for (Cell cell : form.live()) {
      columns.add(cell.sql() + " " + cell.type());
      made.add(name + "." + cell.column());
    }
    boolean there = !columns(table).isEmpty();
    session.execute("CREATE TABLE IF NOT EXISTS " + name + " (" + String.join(", ", columns) + ")");
    if (there) {
      // of an attempt that no commit followed: perhaps with fewer columns
      form.live().forEach(cell -> made.remove(name + "." + cell.column()));
    }
  }

  /** The columns that a table has by now, not quoted; none where there is no table. */
  List<String> columns(TableName table) throws SQLException {
    return session.query(
        "SELECT \"COLUMN_NAME\" FROM "
            + names.catalog("COLUMNS")
            + " WHERE \"TABLE_SCHEMA\" = "
            + SqlText.value(names.schema(table))
            + " AND \"TABLE_NAME\" = "
            + SqlText.value(names.table(table)),
        row -> row.getString(1));
  }

  /**
   * Renames and drops what the last commit has left to be. Ends at once when another writer has
   * taken over, because then it is the other's to do.
   */
  TableForm settle(TableName table, TableForm form) throws SQLException {
    TableForm now = form;
    try {
      Set<String> there = new HashSet<>(columns(table));
      for (Cell cell : form.cells()) {
        if (cell.life() == Life.GONE) {
          drop(table, cell, there);
          now = without(now, cell);
          save(table, now);
        }
      }
      while (now.isUnsettled()) {
        now = renameOne(table, now, there);
        save(table, now);
      }
      dropLeftovers(table, now, there);
    } catch (SinkException.Fenced e) {
      org.slf4j.LoggerFactory.getLogger(Making.class)
          .debug("Left the columns of {} to another writer.", table, e);
    }
    return now;
  }

  private static TableForm without(TableForm form, Cell gone) {
    return form.withCells(form.cells().stream().filter(cell -> !cell.equals(gone)).toList());
  }

  private void save(TableName table, TableForm form) throws SQLException, SinkException.Fenced {
    state.saveFormNow(Forms.owner(table), Piece.json(form));
  }

  /** A column is dropped under a name that no other ever has. */
  private void drop(TableName table, Cell cell, Set<String> there)
      throws SQLException, SinkException.Fenced {
    String last = Destination.PASSING + cell.attnum() + "_GONE";
    for (String[] column :
        List.of(
            new String[] {cell.column(), last},
            new String[] {cell.rawColumn(), last + Destination.RAW})) {
      if (there.contains(column[0])) {
        rename(table, column[0], column[1], there);
      }
      if (there.remove(column[1])) {
        requireOurs();
        alter(table, "DROP COLUMN IF EXISTS " + SqlText.name(column[1]));
      }
    }
  }

  /** One step towards the names that columns shall have; a name may pass from one to another. */
  private TableForm renameOne(TableName table, TableForm form, Set<String> there)
      throws SQLException, SinkException.Fenced {
    List<Cell> left = form.cells().stream().filter(cell -> !cell.isPlaced()).toList();
    Cell free =
        left.stream()
            .filter(
                cell ->
                    form.cells().stream().noneMatch(other -> other.column().equals(cell.name())))
            .findFirst()
            .orElse(null);
    Cell cell = free == null ? left.get(0) : free;
    String to = free == null ? Destination.PASSING + cell.attnum() + "_PASSING" : cell.name();
    rename(table, cell.column(), to, there);
    if (cell.raw()) {
      rename(table, cell.rawColumn(), to + Destination.RAW, there);
    }
    return form.withCells(
        form.cells().stream().map(each -> each.equals(cell) ? each.at(to) : each).toList());
  }

  /** Renames, unless that was done before the process that began it died. */
  private void rename(TableName table, String from, String to, Set<String> there)
      throws SQLException, SinkException.Fenced {
    if (there.remove(from)) {
      requireOurs();
      alter(table, "RENAME COLUMN " + SqlText.name(from) + " TO " + SqlText.name(to));
      there.add(to);
    }
  }

  /** Columns that were made for a commit that never came. */
  private void dropLeftovers(TableName table, TableForm form, Set<String> there)
      throws SQLException, SinkException.Fenced {
    Set<String> known = new HashSet<>();
    for (Cell cell : form.cells()) {
      known.add(cell.column());
      known.add(cell.rawColumn());
    }
    for (String column : there) {
      if (column.startsWith(Destination.PASSING) && !known.contains(column)) {
        requireOurs();
        alter(table, "DROP COLUMN IF EXISTS " + SqlText.name(column));
      }
    }
  }

  private void requireOurs() throws SQLException, SinkException.Fenced {
    if (state.isTakenOver()) {
      throw state.fenced();
    }
  }

  private void alter(TableName table, String what) throws SQLException {
    session.execute("ALTER TABLE " + names.name(table) + " " + what);
  }
}
