package io.tidemark.duckdb;

import io.tidemark.duckdb.QueryResult.ResultColumn;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** Writes rows as an aligned table with a line that counts them. */
public final class TextTable {
  /**
   * How much of the rows is shown.
   *
   * @param maxRows rows shown, 1 or more; the others are counted
   * @param maxWidth characters shown of a value, 4 or more; what is longer ends in an ellipsis
   */
  public record Layout(int maxRows, int maxWidth) {
    /** 1,000 rows, 60 characters. */
    public static final Layout STANDARD = new Layout(1_000, 60);

    public Layout {
      if (maxRows < 1 || maxWidth < 4) {
        throw new IllegalArgumentException(
            "Cannot lay a table out in " + maxRows + " rows of " + maxWidth + " characters.");
      }
    }
  }

  private final List<ResultColumn> columns;
  private final List<CellReader> readers;
  private final Layout layout;

  TextTable(List<ResultColumn> columns, List<CellReader> readers, Layout layout) {
    this.columns = columns;
    this.readers = readers;
    this.layout = layout;
  }

  void write(Iterator<List<Object>> rows, Appendable out) throws IOException {
    List<List<String>> shown = new ArrayList<>();
    while (rows.hasNext() && shown.size() < layout.maxRows()) {
      shown.add(rows.next().stream().map(this::cell).toList());
    }
    long count = shown.size();
    while (rows.hasNext()) {
      rows.next();
      count++;
    }
    int[] widths = widths(shown);
    line(columns.stream().map(column -> fit(column.name())).toList(), widths, out);
    for (int i = 0; i < widths.length; i++) {
      out.append(i == 0 ? "-" : "-+-").append("-".repeat(widths[i]));
    }
    out.append("-\n");
    for (List<String> row : shown) {
      line(row, widths, out);
    }
    out.append("(").append(String.format("%,d", count)).append(count == 1 ? " row" : " rows");
    if (count > shown.size()) {
      out.append(", the first ").append(String.format("%,d", shown.size())).append(" shown");
    }
    out.append(")\n");
  }

  private int[] widths(List<List<String>> shown) {
    int[] widths = new int[columns.size()];
    for (int i = 0; i < widths.length; i++) {
      widths[i] = length(fit(columns.get(i).name()));
      for (List<String> row : shown) {
        widths[i] = Math.max(widths[i], length(row.get(i)));
      }
    }
    return widths;
  }

  private void line(List<String> cells, int[] widths, Appendable out) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String blanks = " ".repeat(widths[i] - length(cells.get(i)));
      boolean right = readers.get(i).isNumber();
      line.append(i == 0 ? " " : " | ");
      line.append(right ? blanks + cells.get(i) : cells.get(i) + blanks);
    }
    out.append(line.toString().stripTrailing()).append('\n');
  }

  private String cell(Object value) {
    return value == null ? "NULL" : fit(CellReader.text(value));
  }

  /** One line, no control characters, not too long. */
  private String fit(String text) {
    StringBuilder line = new StringBuilder();
    int[] points = text.codePoints().limit(layout.maxWidth() + 1L).toArray();
    for (int point : points) {
      switch (point) {
        case '\n' -> line.append("\\n");
        case '\r' -> line.append("\\r");
        case '\t' -> line.append("\\t");
        default -> line.appendCodePoint(Character.isISOControl(point) ? '\uFFFD' : point);
      }
    }
    return length(line.toString()) <= layout.maxWidth()
        ? line.toString()
        : line.substring(0, line.offsetByCodePoints(0, layout.maxWidth() - 1)) + "…";
  }

  private static int length(String text) {
    return text.codePointCount(0, text.length());
  }
}
