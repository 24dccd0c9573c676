package io.tidemark.duckdb;

import io.tidemark.api.model.TableSchema;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Views over changes of one table that are held in tables of DuckDB, laid out as the files of a
 * lake are: the columns of a version of the form, then {@code _op, _lsn, _seq, _xid, _committed_at,
 * _unchanged}, then those of {@code _old}, {@code <column>__raw} and {@code _partition} that its
 * rows need.
 */
public final class ChangeTables {
  private ChangeTables() {}

  /**
   * A table of changes.
   *
   * @param form the version under which they were written
   * @param table its name in SQL
   * @param unchanged whether any row may have an unchanged value
   */
  public record Held(TableSchema form, String table, boolean unchanged) {}

  /**
   * The views.
   *
   * @param current SQL of the rows that are left
   * @param changes SQL of every change
   */
  public record Views(String current, String changes) {}

  /**
   * Writes the views of a table.
   *
   * @param versions every version of its form, newest last
   * @param member whether the table equals the source, so that what is missing is an error
   * @param held where its changes are
   * @param connection to look at those tables
   */
  public static Views views(
      List<TableSchema> versions, boolean member, List<Held> held, Connection connection)
      throws SQLException {
    List<FileGroup> groups = new ArrayList<>();
    for (Held each : held) {
      groups.add(FileGroup.ofTable(each.form(), each.table(), each.unchanged(), connection));
    }
    TableForm form = TableForm.of(versions, member, groups);
    return new Views(CurrentRows.sql(form), ChangeRowsSql.all(form));
  }
}
