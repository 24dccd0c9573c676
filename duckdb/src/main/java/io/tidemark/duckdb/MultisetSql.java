package io.tidemark.duckdb;

import io.tidemark.api.model.DataType;
import io.tidemark.duckdb.TableForm.FormColumn;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The rows of a table without a key, as of the tidemark: a multiset of whole rows. Each row that
 * was read, inserted or updated to adds one, each that was deleted or updated from takes one of its
 * equals away.
 *
 * <p>Only rows whose hash is among the hashes of those taken away are counted; all others pass.
 */
final class MultisetSql {
  private final TableForm form;

  MultisetSql(TableForm form) {
    this.form = form;
  }

  String sql() {
    CurrentRows.Voids voids = CurrentRows.voids(form);
    String valid =
        "valid AS NOT MATERIALIZED (SELECT x.* FROM b x"
            + voids.joins()
            + "\nWHERE "
            + voids.condition()
            + ")";
    String added =
        "added AS NOT MATERIALIZED (SELECT "
            + row("c", "r")
            + " FROM valid WHERE op IN ('r', 'c', 'u'))";
    String taken =
        "taken AS NOT MATERIALIZED (SELECT "
            + row("c", "r")
            + " FROM valid WHERE op = 'd'"
            + left()
            + ")";
    return "WITH b AS NOT MATERIALIZED ("
        + new ChangeRowsSql(form).inner()
        + "),\n"
        + String.join(",\n", valid, added, taken, hashes(), counted())
        + "\nSELECT "
        + CurrentRows.named(form, n -> "c" + n, n -> "r" + n)
        + " FROM (SELECT * EXCLUDE h FROM added ANTI JOIN hashes USING (h)\nUNION ALL\nSELECT *"
        + " EXCLUDE (h, n, copy) FROM counted, range(n) AS copies(copy)) x";
  }

  private String left() {
    return form.hasOld()
        ? "\nUNION ALL\nSELECT " + row("o", "q") + " FROM valid WHERE op = 'u' AND old"
        : "";
  }

  private String hashes() {
    return "hashes AS NOT MATERIALIZED (SELECT DISTINCT h FROM taken)";
  }

  private String counted() {
    String distinctions = distinctions();
    return "counted AS NOT MATERIALIZED (SELECT * EXCLUDE w, sum(w)::BIGINT AS n FROM (SELECT *, 1 AS"
        + " w FROM added SEMI JOIN hashes USING (h)\nUNION ALL\nSELECT *, -1 FROM taken)"
        + " GROUP BY "
        + columnNames()
        + ", h"
        + distinctions
        + ")";
  }

  private String columnNames() {
    List<String> names = new ArrayList<>();
    for (FormColumn column : form.shown()) {
      names.add("c" + column.attnum());
      if (column.raw()) {
        names.add("r" + column.attnum());
      }
    }
    return String.join(", ", names);
  }

  /** The columns of a row under their names {@code cN} and {@code rN}, and the hash of them all. */
  private String row(String value, String raw) {
    List<String> items = new ArrayList<>();
    List<String> hashed = new ArrayList<>();
    for (FormColumn column : form.shown()) {
      int n = column.attnum();
      items.add(value + n + " AS c" + n);
      hashed.add(value + n);
      if (column.raw()) {
        items.add(raw + n + " AS r" + n);
        hashed.add(raw + n);
      }
    }
    return String.join(", ", items) + ", hash(" + String.join(", ", hashed) + ") AS h";
  }

  /** What tells values apart that DuckDB takes for equal: 0 and -0. */
  private String distinctions() {
    return form.shown().stream()
        .filter(column -> holdsFloats(column.type()))
        .map(
            column ->
                column.type() instanceof DataType.Float
                    ? ", signbit(c" + column.attnum() + ")"
                    : ", CAST(c" + column.attnum() + " AS VARCHAR)")
        .collect(Collectors.joining());
  }

  private static boolean holdsFloats(DataType type) {
    if (type instanceof DataType.ListOf list) {
      return holdsFloats(list.element());
    } else if (type instanceof DataType.Struct struct) {
      return struct.fields().stream().anyMatch(field -> holdsFloats(field.type()));
    }
    return type instanceof DataType.Float;
  }
}
