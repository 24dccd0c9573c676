package io.tidemark.duckdb;

import io.tidemark.api.model.TableSchema;
import io.tidemark.duckdb.TableForm.FormColumn;
import io.tidemark.duckdb.TableForm.KeyEra;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The rows of a table with a key, as of the tidemark.
 *
 * <p>A row that was read, inserted or updated is of today unless a later UPDATE or DELETE has its
 * key, or a later update of the key had it as the old one: between two inserts of one key there
 * always lies a DELETE. So only updates and deletes are grouped by key, and the mass of rows that
 * nothing ever touched is no more than looked up in a small hash table. (Measured against {@code
 * row_number()} in docs/decisions.) A key may be another set of columns in older versions: then
 * there is one such table for each.
 */
final class KeyedRowsSql {
  private final TableForm form;

  KeyedRowsSql(TableForm form) {
    this.form = form;
  }

  String sql() {
    List<FormColumn> wanted = toastable();
    String today = "today AS NOT MATERIALIZED (" + today() + ")";
    String changes = "b AS NOT MATERIALIZED (" + new ChangeRowsSql(form).inner() + ")";
    if (wanted.isEmpty()) {
      return "WITH "
          + changes
          + ",\n"
          + today
          + "\nSELECT "
          + CurrentRows.named(form, n -> "x.c" + n, n -> "x.r" + n)
          + " FROM today x";
    }
    UnchangedSql unchanged = new UnchangedSql(form, wanted);
    return "WITH RECURSIVE "
        + changes
        + ",\n"
        + today
        + ",\n"
        + unchanged.tables()
        + "\nSELECT "
        + unchanged.columns()
        + " FROM today x LEFT JOIN filled f ON x.pos = f.root";
  }

  private List<FormColumn> toastable() {
    return form.hasUnchanged()
        ? form.columns().stream().filter(c -> ColumnTypes.isToastable(c.type())).toList()
        : List.of();
  }

  private String today() {
    CurrentRows.Voids voids = CurrentRows.voids(form);
    StringBuilder from = new StringBuilder("SELECT x.* FROM b x");
    StringBuilder where = new StringBuilder(" WHERE x.op IN ('r', 'c', 'u') AND ");
    where.append(voids.condition());
    for (int era = 0; era < form.eras().size(); era++) {
      String g = "g" + era;
      from.append("\nLEFT JOIN (").append(ends(form.eras().get(era))).append(") ").append(g);
      from.append(" ON ").append(same("x", g, form.eras().get(era)));
      where.append(" AND (").append(g).append(".p IS NULL OR ").append(g).append(".p <= x.pos)");
    }
    return from.append(voids.joins()).append("\n").append(where).toString();
  }

  /** For each key the position of the last change that ends what was there before. */
  private String ends(KeyEra era) {
    String inEra = form.eras().size() == 1 ? "" : " AND version IN " + numbers(era);
    String touched =
        "SELECT " + key(era, "", "c", "r") + ", pos FROM b WHERE op IN " + ending() + inEra;
    String left =
        "SELECT "
            + key(era, "", "o", "q")
            + ", pos FROM b WHERE op = 'u' AND old"
            + inEra
            + " AND "
            + keyChanged(form, era.key());
    return "SELECT * EXCLUDE pos, max(pos) AS p FROM ("
        + (form.hasOld() ? touched + "\nUNION ALL\n" + left : touched)
        + ") GROUP BY ALL";
  }

  /** Where deletes are not captured, one insert ends what an earlier one of its key began. */
  private String ending() {
    return form.groups().stream()
            .anyMatch(g -> g.version().identity() == TableSchema.ReplicaIdentity.NOTHING)
        ? "('r', 'c', 'u', 'd')"
        : "('u', 'd')";
  }

  private static String numbers(KeyEra era) {
    return era.versions().stream()
        .map(version -> Integer.toString(version))
        .collect(Collectors.joining(", ", "(", ")"));
  }

  private String key(KeyEra era, String prefix, String value, String raw) {
    List<String> items = new ArrayList<>();
    for (int attnum : era.key()) {
      items.add(keyPart(form.column(attnum), prefix + value, prefix + raw) + " AS k" + attnum);
    }
    return String.join(", ", items);
  }

  private String same(String x, String g, KeyEra era) {
    return era.key().stream()
        .map(n -> keyPart(form.column(n), x + ".c", x + ".r") + " = " + g + ".k" + n)
        .collect(Collectors.joining(" AND "));
  }

  /** A key's column as one value that equals itself: with its raw text where it may have one. */
  static String keyPart(FormColumn column, String value, String raw) {
    int n = column.attnum();
    return column.raw() ? "row(" + value + n + ", " + raw + n + ")" : value + n;
  }

  /** Whether an update with an old row changed the key. */
  static String keyChanged(TableForm form, List<Integer> key) {
    return key.stream()
        .map(form::column)
        .map(c -> keyPart(c, "o", "q") + " IS DISTINCT FROM " + keyPart(c, "c", "r"))
        .collect(Collectors.joining(" OR ", "(", ")"));
  }
}
