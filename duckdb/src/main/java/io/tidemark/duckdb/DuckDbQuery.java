package io.tidemark.duckdb;

import io.tidemark.api.copy.CopiedTable;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.duckdb.QueryResult.ResultColumn;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Answers SQL over a copy as of one tidemark.
 *
 * <p>Each table of the copy is two views: {@code schema.table} has its current rows, {@code
 * schema.table_changes} every change; where its name is unique it also stands without the schema.
 * {@code tidemark} says the position, {@code tidemark_tables} which tables there are and which of
 * them are members. Statements only read, and only the copy's own files; nothing is downloaded.
 *
 * <p>One thread at a time; several results may be open at once.
 */
public final class DuckDbQuery implements AutoCloseable {
  private final DuckDbSession session;
  private final CopyViews views;

  /** What is said with every answer. */
  private final List<String> always;

  private DuckDbQuery(DuckDbSession session, CopyViews views, List<String> always) {
    this.session = session;
    this.views = views;
    this.always = always;
  }

  /**
   * Makes a copy ready for queries. Opens no file of it yet.
   *
   * @param tidemark the position that the tables were listed at
   * @param committedAtMicros its commit time, microseconds since 1970 UTC
   * @param tables every table of the copy, with its files as local paths
   */
  public static DuckDbQuery open(
      Position tidemark, long committedAtMicros, List<CopiedTable> tables, DuckDbOptions options) {
    DuckDbSession session = DuckDbSession.over(tables, options);
    try {
      CopyViews views = new CopyViews(session, new LakeSource(), tables);
      views.makeOwn(tidemark, committedAtMicros);
      return new DuckDbQuery(session, views, List.of());
    } catch (SQLException e) {
      session.close();
      throw QueryFailure.of(e);
    }
  }

  /**
   * Makes a DuckDB file that a sink keeps ready for queries, at the tidemark that it has now.
   *
   * @param files the file itself, then the one that its sink publishes for readers, which is taken
   *     while another process writes the first
   * @throws io.tidemark.api.error.TidemarkException (BUSY) when none of them can be read
   */
  public static DuckDbQuery ofFile(List<Path> files, DuckDbOptions options) {
    FileSource source = FileSource.open(files, options);
    try {
      CopyViews views = new CopyViews(source.session(), source, source.tables());
      views.makeOwn(source.tidemark(), source.committedAtMicros());
      return new DuckDbQuery(source.session(), views, source.notices());
    } catch (SQLException e) {
      source.session().close();
      throw QueryFailure.of(e);
    }
  }

  /**
   * Answers one reading statement.
   *
   * @throws io.tidemark.api.error.TidemarkException (QUERY) when the statement does not read, or
   *     DuckDB refuses it
   */
  public QueryResult run(String sql) {
    SqlStatement statement = SqlStatement.of(sql);
    try {
      views.makeNamed(statement);
      try {
        return answer(statement);
      } catch (SQLException e) {
        // With all views made DuckDB suggests the name that was meant, and finds one that an
        // expression has put together.
        if (QueryFailure.isMissingName(e) && views.makeAll()) {
          return answer(statement);
        }
        throw e;
      }
    } catch (SQLException e) {
      throw QueryFailure.of(e);
    }
  }

  /**
   * Tells, without opening anything, which tables a statement may read: all that it names, and
   * perhaps some more; all there are, where it asks what there is. For copies whose files must be
   * fetched first.
   *
   * @throws io.tidemark.api.error.TidemarkException (QUERY) when the statement does not read
   */
  public static Predicate<TableName> mayRead(String sql) {
    SqlStatement statement = SqlStatement.of(sql);
    boolean all = statement.asksForNames() || statement.words().contains("tidemark_tables");
    return table -> all || statement.mayName(table);
  }

  private QueryResult answer(SqlStatement statement) throws SQLException {
    Connection connection = session.connect();
    List<String> notices;
    List<ResultColumn> columns;
    try {
      notices = notices(statement, connection);
      columns = columns(statement, connection);
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
    boolean known = columns.stream().noneMatch(column -> column.type().equals("UNKNOWN"));
    RunningQuery running =
        RunningQuery.start(
            connection,
            known && statement.isRelation() ? selecting(statement, columns) : statement.text());
    return new QueryResult(
        running, known ? columns : columns(running.rows().getMetaData()), notices);
  }

  private static List<ResultColumn> columns(SqlStatement statement, Connection connection)
      throws SQLException {
    try (PreparedStatement prepared = connection.prepareStatement(statement.text())) {
      return columns(prepared.getMetaData());
    }
  }

  /** The columns; their type is UNKNOWN where it shows only when the statement runs (PIVOT). */
  private static List<ResultColumn> columns(ResultSetMetaData meta) throws SQLException {
    List<ResultColumn> columns = new ArrayList<>();
    for (int i = 1; i <= meta.getColumnCount(); i++) {
      columns.add(new ResultColumn(meta.getColumnLabel(i), meta.getColumnTypeName(i)));
    }
    return columns;
  }

  private static String selecting(SqlStatement statement, List<ResultColumn> columns) {
    List<String> items = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      items.add(new CellReader(columns.get(i).type()).select("v" + i));
    }
    List<String> names = IntStream.range(0, columns.size()).mapToObj(i -> "v" + i).toList();
    return "SELECT "
        + String.join(", ", items)
        + " FROM (\n"
        + statement.text()
        + "\n) AS q("
        + String.join(", ", names)
        + ")";
  }

  private List<String> notices(SqlStatement statement, Connection connection) throws SQLException {
    NamedTables named = NamedTables.in(statement, connection);
    List<String> notices = new ArrayList<>(always);
    for (Map.Entry<TableName, ViewNames> entry : views.names().entrySet()) {
      CopiedTable table = views.table(entry.getKey());
      if (!table.state().isMember() && named.mayName(entry.getValue())) {
        notices.add(
            "Table "
                + entry.getKey()
                + " is no member of the copy at this tidemark ("
                + table.state().word()
                + table.state().reason().map(reason -> ": " + reason).orElse("")
                + "): its rows may not equal the source.");
      }
    }
    return notices;
  }

  /** Ends it, with the results that are still open, and removes what was spilled. */
  @Override
  public void close() {
    session.close();
  }
}
