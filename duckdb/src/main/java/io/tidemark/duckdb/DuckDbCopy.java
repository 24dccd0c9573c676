package io.tidemark.duckdb;

import io.tidemark.api.copy.CopiedTable;
import io.tidemark.api.copy.CopyReader;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.duckdb.TableForm.FormColumn;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Reads a copy back through the views that a user's query sees.
 *
 * <p>Keys are ordered by their type: numbers, times and booleans by value (NaN above all), uuid and
 * bytea by their bytes, and everything that is held as text byte by byte, which is what {@code
 * COLLATE "C"} does; a source whose keys have another collation must be asked for that one. Keys
 * that their type cannot hold (raw text) come last.
 *
 * <p>Several iterators may be open at once.
 */
public final class DuckDbCopy implements CopyReader {
  private final Position tidemark;
  private final List<CopiedTable> tables;
  private final DuckDbSession session;
  private final CopyViews views;
  private final SortedMap<String, String> entries;

  private DuckDbCopy(
      Position tidemark,
      List<CopiedTable> tables,
      DuckDbSession session,
      CopyViews views,
      SortedMap<String, String> entries) {
    this.entries = entries;
    this.tidemark = tidemark;
    this.tables = List.copyOf(tables);
    this.session = session;
    this.views = views;
  }

  /**
   * Makes a copy ready to be read. Opens no file of it yet.
   *
   * @param tidemark the position that the tables were listed at
   * @param tables every table of the copy, with its files as local paths
   */
  public static DuckDbCopy open(
      Position tidemark, List<CopiedTable> tables, DuckDbOptions options) {
    return of(
        tidemark, tables, DuckDbSession.over(tables, options), new LakeSource(), new TreeMap<>());
  }

  /**
   * Makes a DuckDB file that a sink keeps ready to be read, at the tidemark that it has now.
   *
   * @param files the file itself, then the one that its sink publishes for readers, which is taken
   *     while another process writes the first
   * @throws TidemarkException (BUSY) when none of them can be read
   */
  public static DuckDbCopy ofFile(List<Path> files, DuckDbOptions options) {
    FileSource source = FileSource.open(files, options);
    return of(source.tidemark(), source.tables(), source.session(), source, source.entries());
  }

  private static DuckDbCopy of(
      Position tidemark,
      List<CopiedTable> tables,
      DuckDbSession session,
      ViewSource source,
      SortedMap<String, String> entries) {
    try {
      return new DuckDbCopy(
          tidemark, tables, session, new CopyViews(session, source, tables), entries);
    } catch (SQLException e) {
      session.close();
      throw QueryFailure.of(e);
    }
  }

  @Override
  public Position tidemark() {
    return tidemark;
  }

  @Override
  public List<CopiedTable> tables() {
    return tables;
  }

  /** The pipeline's state as a DuckDB file holds it; empty where it is elsewhere. */
  public SortedMap<String, String> entries() {
    return entries;
  }

  @Override
  public Iterator<List<String>> rows(TableName table, KeyRange range) {
    return query(
        table,
        form -> {
          List<FormColumn> key = key(form);
          List<String> conditions = new ArrayList<>();
          range.from().ifPresent(from -> conditions.add(atOrAbove(key, from)));
          range.to().ifPresent(to -> conditions.add("NOT " + atOrAbove(key, to)));
          String where = conditions.isEmpty() ? "" : " WHERE " + String.join(" AND ", conditions);
          return select(form) + where + order(key);
        });
  }

  /** Keys of which a part may be raw text are found by reading the whole table. */
  @Override
  public Iterator<List<String>> lookUp(TableName table, List<List<String>> keys) {
    return query(
        table,
        form -> {
          List<FormColumn> key = key(form);
          boolean raw = key.stream().anyMatch(FormColumn::raw);
          List<List<String>> held = keys.stream().filter(each -> fits(key, each)).toList();
          if (raw || held.isEmpty()) {
            return select(form) + (raw ? "" : " WHERE false");
          }
          return select(form)
              + " SEMI JOIN (VALUES "
              + held.stream().map(each -> literals(key, each)).collect(Collectors.joining(", "))
              + ") AS k("
              + key.stream().map(c -> "k" + c.attnum()).collect(Collectors.joining(", "))
              + ") ON "
              + key.stream()
                  .map(c -> "v.c%1$d = k.k%1$d".formatted(c.attnum()))
                  .collect(Collectors.joining(" AND "));
        });
  }

  private static List<FormColumn> key(TableForm form) {
    return form.newest().key().stream().map(form::column).toList();
  }

  private static boolean fits(List<FormColumn> key, List<String> texts) {
    return IntStream.range(0, key.size())
        .allMatch(i -> PgLiteral.fits(key.get(i).type(), texts.get(i)));
  }

  private static String literals(List<FormColumn> key, List<String> texts) {
    return IntStream.range(0, key.size())
        .mapToObj(i -> PgLiteral.of(key.get(i).column(), texts.get(i)))
        .collect(Collectors.joining(", ", "(", ")"));
  }

  private Iterator<List<String>> query(TableName table, Function<TableForm, String> sql) {
    if (views.table(table) == null) {
      throw new TidemarkException(
          ErrorCode.QUERY,
          "Cannot read table " + table + ": the copy has no such table. It has " + names() + ".");
    }
    try {
      TableForm form = views.make(table);
      return new Rows(form, RunningQuery.start(session.connect(), sql.apply(form)));
    } catch (SQLException e) {
      throw QueryFailure.of(e);
    }
  }

  private String names() {
    return tables.stream()
        .limit(20)
        .map(table -> table.schema().name().toString())
        .collect(Collectors.joining(", "));
  }

  /**
   * Each column's value in the order of the columns, then the raw texts of those that have them.
   */
  private String select(TableForm form) {
    List<FormColumn> columns = form.shown();
    List<FormColumn> raw = columns.stream().filter(FormColumn::raw).toList();
    List<String> items = new ArrayList<>();
    columns.forEach(column -> items.add(PgText.select(column.type(), "c" + column.attnum())));
    raw.forEach(column -> items.add("r" + column.attnum()));
    List<String> names = new ArrayList<>();
    columns.forEach(column -> names.add("c" + column.attnum()));
    raw.forEach(column -> names.add("r" + column.attnum()));
    return "SELECT "
        + String.join(", ", items)
        + " FROM "
        + views.names().get(form.table()).currentSql()
        + " AS v("
        + String.join(", ", names)
        + ")";
  }

  private static String order(List<FormColumn> key) {
    return key.isEmpty()
        ? ""
        : key.stream()
            .map(c -> "c" + c.attnum() + " NULLS LAST" + (c.raw() ? ", r" + c.attnum() : ""))
            .collect(Collectors.joining(", ", " ORDER BY ", ""));
  }

  /** Whether a row's key is a key or above it; a part that is raw text is above all others. */
  private static String atOrAbove(List<FormColumn> key, List<String> bound) {
    if (bound.size() != key.size()) {
      throw new TidemarkException(
          ErrorCode.QUERY,
          "Cannot read a range of keys: a bound has "
              + bound.size()
              + " columns and the key "
              + key.size()
              + ". Give a value for each column of the key.");
    }
    String condition = "true";
    for (int i = key.size() - 1; i >= 0; i--) {
      FormColumn column = key.get(i);
      if (!PgLiteral.fits(column.type(), bound.get(i))) {
        throw new TidemarkException(
            ErrorCode.QUERY,
            "Cannot read a range of keys: column "
                + column.name()
                + " cannot hold one of its bounds. Read the table without a range.");
      }
      String name = "c" + column.attnum();
      String value = PgLiteral.sql(column.type(), bound.get(i));
      condition =
          "("
              + name
              + " IS NULL OR "
              + name
              + " > "
              + value
              + " OR ("
              + name
              + " = "
              + value
              + " AND "
              + condition
              + "))";
    }
    return condition;
  }

  @Override
  public void close() {
    session.close();
  }

  /**
   * Rows as they come from DuckDB; what they need is released with the last, or with the reader.
   */
  private static final class Rows implements Iterator<List<String>> {
    private final List<FormColumn> columns;
    private final int[] raw;
    private final RunningQuery running;
    private Optional<List<String>> ahead = Optional.empty();
    private boolean ended;

    Rows(TableForm form, RunningQuery running) {
      this.columns = form.shown();
      int next = columns.size();
      this.raw = new int[columns.size()];
      for (int i : IntStream.range(0, columns.size()).toArray()) {
        raw[i] = columns.get(i).raw() ? ++next : 0;
      }
      this.running = running;
    }

    @Override
    public boolean hasNext() {
      if (ahead.isEmpty() && !ended) {
        ahead = read();
      }
      return ahead.isPresent();
    }

    @Override
    public List<String> next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      List<String> row = ahead.orElseThrow();
      ahead = Optional.empty();
      return row;
    }

    private Optional<List<String>> read() {
      try {
        ResultSet rows = running.rows();
        if (!rows.next()) {
          ended = true;
          running.close();
          return Optional.empty();
        }
        List<String> row = new ArrayList<>(columns.size());
        for (int i = 0; i < columns.size(); i++) {
          String text = PgText.of(columns.get(i).column(), rows.getObject(i + 1));
          row.add(text == null && raw[i] > 0 ? rows.getString(raw[i]) : text);
        }
        return Optional.of(row);
      } catch (SQLException e) {
        throw QueryFailure.of(e);
      }
    }
  }
}
