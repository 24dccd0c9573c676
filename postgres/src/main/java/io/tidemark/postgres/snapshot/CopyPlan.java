package io.tidemark.postgres.snapshot;

import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.postgres.catalog.Sql;
import io.tidemark.postgres.type.ColumnCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * How the rows of one relation (a table, or a leaf of it) are read.
 *
 * @param relation pg_class.oid
 * @param name its name at the snapshot
 * @param leaf what its rows say of their partition; empty for a plain table
 * @param schema the form that its rows get
 * @param columns how each column of the schema is selected and read, in that order
 * @param published the publication's condition on rows
 * @param chosen the condition of {@code snapshot.row-filter}
 * @param print what must not change while it is read: what {@link
 *     io.tidemark.postgres.catalog.CatalogReader#print} said under the snapshot, or for a copy in
 *     key ranges what {@link io.tidemark.postgres.catalog.CatalogReader#definition} said
 * @param pages size of the relation
 */
public record CopyPlan(
    int relation,
    TableName name,
    Optional<String> leaf,
    TableSchema schema,
    List<SelectedColumn> columns,
    Optional<String> published,
    Optional<String> chosen,
    String print,
    long pages) {
  public CopyPlan {
    columns = List.copyOf(columns);
  }

  /** The COPY of those of its rows that fulfil more conditions. */
  String sql(List<String> more) {
    List<String> all = new ArrayList<>();
    // a condition may end in a comment
    published.ifPresent(condition -> all.add("(" + condition + "\n)"));
    chosen.ifPresent(condition -> all.add("(" + condition + "\n)"));
    all.addAll(more);
    return "COPY (SELECT "
        + columns.stream().map(SelectedColumn::expression).collect(Collectors.joining(", "))
        + " FROM ONLY "
        + Sql.name(name)
        + (all.isEmpty() ? "" : " WHERE " + String.join(" AND ", all))
        + ") TO STDOUT (FORMAT binary)";
  }

  /**
   * How one column is read.
   *
   * @param expression what COPY selects
   * @param binary whether it comes in the type's binary form, else in its text form
   * @param codec reads it
   */
  public record SelectedColumn(String expression, boolean binary, ColumnCodec codec) {}
}
