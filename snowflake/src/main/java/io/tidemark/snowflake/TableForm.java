package io.tidemark.snowflake;

import io.tidemark.snowflake.RowForm.Part;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * What columns a table of the copy has. What is to be taken away or renamed is only noted here by a
 * commit, and done after it.
 *
 * @param version of the source's form that it has room for
 * @param cells its columns
 * @param leaf whether it has a column for the leaf partition
 * @param counted whether it has a column that tells equal rows apart
 * @param made whether a commit has filled it; before that the table is empty, if there is one
 */
record TableForm(int version, List<Cell> cells, boolean leaf, boolean counted, boolean made) {
  /** What a column is to the next commit. */
  enum Life {
    /** No commit has filled it. */
    FRESH,
    /** Of the copy. */
    LIVE,
    /** To be dropped. */
    GONE
  }

  /**
   * A column.
   *
   * @param column its name in the table
   * @param name the name it shall have
   * @param raw whether there is a column beside it for values that the type cannot hold
   * @param fill the value that rows older than the column have, in SQL
   * @param rawFill their raw text, in SQL
   * @param from while no commit has filled it: the same of rows of the table, where they have the
   *     value in a column of another type; else empty
   * @param rawFrom their raw text
   */
  record Cell(
      int attnum,
      String column,
      String name,
      String type,
      boolean raw,
      Life life,
      String fill,
      String rawFill,
      String from,
      String rawFrom) {
    String sql() {
      return SqlText.name(column);
    }

    String rawColumn() {
      return column + Destination.RAW;
    }

    String rawSql() {
      return SqlText.name(rawColumn());
    }

    /** Its raw text in SQL, NULL where it has none. */
    String rawOrNull(String alias) {
      return raw ? alias + rawSql() : "CAST(NULL AS VARCHAR)";
    }

    Cell as(Life other) {
      return new Cell(attnum, column, name, type, raw, other, fill, rawFill, from, rawFrom);
    }

    Cell withRaw() {
      return new Cell(attnum, column, name, type, true, life, fill, rawFill, from, rawFrom);
    }

    Cell at(String other) {
      return new Cell(attnum, other, name, type, raw, life, fill, rawFill, from, rawFrom);
    }

    boolean isPlaced() {
      return life != Life.GONE && column.equals(name);
    }
  }

  TableForm {
    cells = List.copyOf(cells);
  }

  /** A table that is not there yet. */
  static final TableForm NONE = new TableForm(0, List.of(), false, false, false);

  /** The columns of the copy. */
  List<Cell> live() {
    return cells.stream().filter(cell -> cell.life() != Life.GONE).toList();
  }

  Optional<Cell> cell(int attnum) {
    return live().stream().filter(cell -> cell.attnum() == attnum).findFirst();
  }

  /** Whether something is left to be dropped or renamed. */
  boolean isUnsettled() {
    return cells.stream().anyMatch(cell -> !cell.isPlaced());
  }

  TableForm withCells(List<Cell> other) {
    return new TableForm(version, other, leaf, counted, made);
  }

  /** The same once a commit has filled it. */
  TableForm filled() {
    List<Cell> all =
        cells.stream().map(cell -> cell.life() == Life.FRESH ? cell.as(Life.LIVE) : cell).toList();
    return new TableForm(version, all, leaf, counted, true);
  }

  /**
   * The form that has room for a version of the source's form.
   *
   * @param names how the copy calls columns
   * @param raws columns with values that their type cannot hold
   */
  TableForm towards(RowForm newest, Set<Integer> raws, Destination names) {
    List<Cell> next = new ArrayList<>();
    Set<String> taken = new HashSet<>();
    cells.forEach(cell -> take(taken, cell));
    List<Part> added = new ArrayList<>();
    for (Part part : newest.columns()) {
      Optional<Cell> old = cell(part.attnum());
      boolean stays =
          old.isPresent()
              && (old.get().type().equals(part.type())
                  || SnowflakeTypes.isWider(old.get().type(), part.type()));
      if (stays) {
        next.add(kept(old.get(), part, raws, names));
      } else {
        added.add(part);
      }
    }
    for (Cell cell : cells) {
      if (next.stream().noneMatch(each -> each.column().equals(cell.column()))) {
        next.add(cell.as(Life.GONE));
      }
    }
    for (Part part : added) {
      Cell cell = fresh(part, raws, names, taken);
      take(taken, cell);
      next.add(cell);
    }
    return new TableForm(
        newest.version(),
        next,
        leaf || newest.partitioned(),
        counted || newest.key().isEmpty(),
        made);
  }

  /** The same with columns for values that types cannot hold. */
  TableForm withRaws(Set<Integer> raws) {
    return withCells(
        cells.stream()
            .map(
                cell ->
                    raws.contains(cell.attnum()) && cell.life() != Life.GONE && !cell.raw()
                        ? cell.withRaw()
                        : cell)
            .toList());
  }

  private static Cell kept(Cell old, Part part, Set<Integer> raws, Destination names) {
    return new Cell(
        old.attnum(),
        old.column(),
        names.cased(part.name()),
        part.type(),
        old.raw() || raws.contains(part.attnum()),
        old.life(),
        old.fill(),
        old.rawFill(),
        old.from(),
        old.rawFrom());
  }

  private Cell fresh(Part part, Set<Integer> raws, Destination names, Set<String> taken) {
    String name = names.cased(part.name());
    String column = made || isTaken(taken, name) ? passing(part, taken) : name;
    Optional<Cell> before = cell(part.attnum());
    String from = "";
    String rawFrom = "NULL";
    if (before.isPresent()) {
      Cell old = before.get();
      String oldRaw = old.raw() ? old.rawSql() : "NULL";
      from = Conversion.of(old.sql(), old.type(), part.type(), oldRaw);
      rawFrom = SnowflakeTypes.isText(part.type()) ? "NULL" : oldRaw;
    }
    boolean raw =
        raws.contains(part.attnum())
            || !part.rawBackfill().equals("NULL")
            || !rawFrom.equals("NULL");
    return new Cell(
        part.attnum(),
        column,
        name,
        part.type(),
        raw,
        Life.FRESH,
        part.backfill(),
        part.rawBackfill(),
        from,
        rawFrom);
  }

  /**
   * A name that says which column of which type it is, so that what a commit that never came has
   * left is used again or known to be nobody's.
   */
  private static String passing(Part part, Set<String> taken) {
    String begin =
        Destination.PASSING + part.attnum() + "_" + Integer.toHexString(part.type().hashCode());
    String column = begin;
    for (int n = 1; isTaken(taken, column); n++) {
      column = begin + "_" + n;
    }
    return column;
  }

  private static void take(Set<String> taken, Cell cell) {
    taken.add(cell.column().toUpperCase(Locale.ROOT));
    taken.add(cell.rawColumn().toUpperCase(Locale.ROOT));
  }

  private static boolean isTaken(Set<String> taken, String column) {
    return taken.contains(column.toUpperCase(Locale.ROOT));
  }
}
