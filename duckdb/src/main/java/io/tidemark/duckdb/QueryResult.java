package io.tidemark.duckdb;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * The answer to a query: its rows are read once, from the first to the last, while DuckDB computes
 * them; nothing holds them all. One thread at a time. To be closed.
 */
public final class QueryResult implements AutoCloseable, Iterable<List<Object>> {
  /**
   * A column of the answer.
   *
   * @param name as the query names it; two columns may have the same
   * @param type DuckDB's name of its type
   */
  public record ResultColumn(String name, String type) {}

  private final RunningQuery running;
  private final List<ResultColumn> columns;
  private final List<CellReader> readers;
  private final List<String> notices;

  QueryResult(RunningQuery running, List<ResultColumn> columns, List<String> notices) {
    this.running = running;
    this.columns = List.copyOf(columns);
    this.readers = columns.stream().map(column -> new CellReader(column.type())).toList();
    this.notices = List.copyOf(notices);
  }

  /** The columns, in their order. */
  public List<ResultColumn> columns() {
    return columns;
  }

  /**
   * What a reader must know of the tables that the query names: for each that is no member of the
   * copy at the tidemark, that it is not and why. A sentence each.
   */
  public List<String> notices() {
    return notices;
  }

  /**
   * The rows that were not read yet. A value is a Boolean, a Number (decimals as BigDecimal with
   * their scale), a String, a {@code byte[]}, a List, a Map (structs and maps), for JSON an object
   * whose {@code toString} is the document, or null. Times are ISO 8601 text, in UTC where they
   * have a zone.
   */
  @Override
  public Iterator<List<Object>> iterator() {
    return new Rows();
  }

  /** Writes the rows as a JSON array of objects, each number with all its digits. */
  public void writeJson(Appendable out) {
    try {
      JsonWriter json = new JsonWriter(out);
      List<String> names = distinctNames();
      String before = "[";
      for (List<Object> row : this) {
        out.append(before);
        for (int i = 0; i < row.size(); i++) {
          out.append(i == 0 ? "{" : ",");
          json.string(names.get(i));
          out.append(':');
          json.write(row.get(i));
        }
        out.append('}');
        before = ",";
      }
      out.append(before.equals("[") ? "[]" : "]");
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write the rows of a query.", e);
    }
  }

  /** The rows as a JSON array of objects, each number with all its digits. */
  public String toJson() {
    StringBuilder out = new StringBuilder();
    writeJson(out);
    return out.toString();
  }

  /** Writes the rows as a table for a terminal; a plan (EXPLAIN) as it is. */
  public void writeTable(Appendable out, TextTable.Layout layout) {
    try {
      if (columns.get(0).name().equals("explain_key")) {
        for (List<Object> row : this) {
          out.append(String.valueOf(row.get(1))).append('\n');
        }
        return;
      }
      new TextTable(columns, readers, layout).write(iterator(), out);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write the rows of a query.", e);
    }
  }

  private List<String> distinctNames() {
    List<String> names = new ArrayList<>();
    for (ResultColumn column : columns) {
      String name = column.name();
      for (int n = 1; names.contains(name); n++) {
        name = column.name() + "_" + n;
      }
      names.add(name);
    }
    return names;
  }

  @Override
  public void close() {
    try {
      running.close();
    } catch (SQLException e) {
      throw QueryFailure.of(e);
    }
  }

  private final class Rows implements Iterator<List<Object>> {
    private List<Object> ahead;

    @Override
    public boolean hasNext() {
      if (ahead == null) {
        ahead = read();
      }
      return ahead != null;
    }

    @Override
    public List<Object> next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      List<Object> row = ahead;
      ahead = null;
      return row;
    }

    private List<Object> read() {
      try {
        ResultSet rows = running.rows();
        if (rows.isClosed()) {
          throw new TidemarkException(
              ErrorCode.INTERNAL, "Cannot read the rows of a query: the result is closed.");
        }
        if (!rows.next()) {
          return null;
        }
        List<Object> row = new ArrayList<>(columns.size());
        for (int i = 0; i < columns.size(); i++) {
          row.add(readers.get(i).read(rows.getObject(i + 1)));
        }
        return row;
      } catch (SQLException e) {
        throw QueryFailure.of(e);
      }
    }
  }
}
