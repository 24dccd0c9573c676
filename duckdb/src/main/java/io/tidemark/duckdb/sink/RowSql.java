package io.tidemark.duckdb.sink;

import io.tidemark.duckdb.SqlText;
import io.tidemark.duckdb.sink.TargetForm.Part;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The parts of statements that name the columns of a table of current rows and of its changes. */
final class RowSql {
  /** True of changes that leave a row. */
  static final String LIVE = "op IN (114, 99, 117)";

  private final CopyFile file;
  private final String table;
  private final TargetForm form;

  RowSql(CopyFile file, String table, TargetForm form) {
    this.file = file;
    this.table = table;
    this.form = form;
  }

  /**
   * Inserts rows.
   *
   * @param from what they are of, with the columns of {@link ChangesView}
   * @param as the name that {@code from} gets, with more items to join behind it
   */
  void insert(String from, String as, String where) throws SQLException {
    file.execute(
        "INSERT INTO "
            + table
            + " ("
            + names()
            + ") SELECT "
            + values("w")
            + " FROM "
            + from
            + " AS "
            + as
            + " WHERE "
            + where);
  }

  private String names() {
    List<String> names = new ArrayList<>();
    for (Part part : form.columns()) {
      names.add(ChangesView.quoted(part));
      if (part.raw()) {
        names.add(SqlText.name(part.rawName()));
      }
    }
    if (form.partitioned()) {
      names.add(SqlText.name(TargetForm.LEAF));
    }
    return String.join(", ", names);
  }

  private String values(String alias) {
    List<String> values = new ArrayList<>();
    for (Part part : form.columns()) {
      values.add(alias + ".c" + part.attnum());
      if (part.raw()) {
        values.add(alias + ".r" + part.attnum());
      }
    }
    if (form.partitioned()) {
      values.add(alias + ".leaf");
    }
    return String.join(", ", values);
  }

  String keys(String value, String raw) {
    return form.keyParts().stream()
        .map(part -> ChangesView.key(part, value, raw) + " AS k" + part.attnum())
        .collect(Collectors.joining(", "));
  }

  String keyNames(String prefix) {
    return form.key().stream().map(n -> prefix + "k" + n).collect(Collectors.joining(", "));
  }

  static String own(String alias, Part part) {
    String value = alias + "." + ChangesView.quoted(part);
    return part.raw() ? "row(" + value + ", " + ownRaw(alias, part) + ")" : value;
  }

  static String ownRaw(String alias, Part part) {
    return part.raw() ? alias + "." + SqlText.name(part.rawName()) : "NULL::VARCHAR";
  }
}
