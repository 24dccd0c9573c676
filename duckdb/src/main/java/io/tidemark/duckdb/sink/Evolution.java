package io.tidemark.duckdb.sink;

import io.tidemark.duckdb.SqlText;
import io.tidemark.duckdb.sink.TargetForm.Part;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Makes a table of current rows, or gives it another form. Columns are known by their attribute
 * numbers, so a rename is a rename and a column dropped and added again under its old name is
 * another one.
 */
final class Evolution {
  /** Begins the names that columns have on their way to a name that another still has. */
  static final String PASSING = "__tidemark_";

  private final CopyFile file;
  private final String table;

  Evolution(CopyFile file, String table) {
    this.file = file;
    this.table = table;
  }

  void create(String schema, TargetForm form) throws SQLException {
    file.execute("CREATE SCHEMA IF NOT EXISTS " + schema);
    List<String> columns = new ArrayList<>();
    for (Part part : form.columns()) {
      columns.add(SqlText.name(part.name()) + " " + part.type());
    }
    for (Part part : form.columns()) {
      if (part.raw()) {
        columns.add(SqlText.name(part.rawName()) + " VARCHAR");
      }
    }
    if (form.partitioned()) {
      columns.add(SqlText.name(TargetForm.LEAF) + " VARCHAR");
    }
    file.execute("CREATE TABLE " + table + " (" + String.join(", ", columns) + ")");
    comment(form);
  }

  /**
   * Changes what differs. New names are given last, because a name may pass from one to another.
   */
  void change(TargetForm from, TargetForm to) throws SQLException {
    List<String[]> renames = new ArrayList<>();
    for (Part part : to.columns()) {
      Optional<Part> old = from.part(part.attnum());
      if (old.isEmpty()) {
        add(part, renames);
      } else {
        keep(old.get(), part, renames);
      }
    }
    if (from.partitioned() && !to.partitioned()) {
      alter("DROP COLUMN " + SqlText.name(TargetForm.LEAF));
    }
    for (Part old : from.columns()) {
      if (to.part(old.attnum()).isEmpty()) {
        alter("DROP COLUMN " + SqlText.name(old.name()));
        if (old.raw()) {
          alter("DROP COLUMN " + SqlText.name(old.rawName()));
        }
      }
    }
    if (to.partitioned() && !from.partitioned()) {
      alter("ADD COLUMN " + SqlText.name(TargetForm.LEAF) + " VARCHAR");
    }
    for (String[] rename : renames) {
      rename(rename[0], rename[1]);
    }
    if (!from.comment().equals(to.comment())) {
      comment(to);
    }
  }

  private void add(Part part, List<String[]> renames) throws SQLException {
    String passing = SqlText.name(PASSING + part.attnum());
    alter("ADD COLUMN " + passing + " " + part.type() + " DEFAULT " + part.backfill());
    alter("ALTER COLUMN " + passing + " DROP DEFAULT");
    renames.add(new String[] {passing, SqlText.name(part.name())});
    if (part.raw()) {
      alter("ADD COLUMN " + SqlText.name(PASSING + part.attnum() + "r") + " VARCHAR");
      renames.add(
          new String[] {SqlText.name(PASSING + part.attnum() + "r"), SqlText.name(part.rawName())});
    }
  }

  private void keep(Part old, Part part, List<String[]> renames) throws SQLException {
    if (!old.type().equals(part.type())) {
      alter(
          "ALTER COLUMN "
              + SqlText.name(old.name())
              + " TYPE "
              + part.type()
              + " USING "
              + ChangesView.converted(
                  SqlText.name(old.name()),
                  old.type(),
                  part.type(),
                  old.raw() ? SqlText.name(old.rawName()) : null));
      if (old.raw() && ChangesView.becomesText(old.type(), part.type())) {
        file.execute("UPDATE " + table + " SET " + SqlText.name(old.rawName()) + " = NULL");
      }
    }
    if (!old.name().equals(part.name())) {
      pass(old.name(), PASSING + part.attnum(), part.name(), renames);
      if (old.raw()) {
        pass(old.rawName(), PASSING + part.attnum() + "r", part.rawName(), renames);
      }
    }
    if (part.raw() && !old.raw()) {
      alter("ADD COLUMN " + SqlText.name(PASSING + part.attnum() + "r") + " VARCHAR");
      renames.add(
          new String[] {SqlText.name(PASSING + part.attnum() + "r"), SqlText.name(part.rawName())});
    }
  }

  private void pass(String from, String by, String to, List<String[]> renames) throws SQLException {
    rename(SqlText.name(from), SqlText.name(by));
    renames.add(new String[] {SqlText.name(by), SqlText.name(to)});
  }

  private void rename(String from, String to) throws SQLException {
    alter("RENAME COLUMN " + from + " TO " + to);
  }

  private void alter(String what) throws SQLException {
    file.execute("ALTER TABLE " + table + " " + what);
  }

  private void comment(TargetForm form) throws SQLException {
    file.execute("COMMENT ON TABLE " + table + " IS " + SqlText.value(form.comment()));
  }
}
