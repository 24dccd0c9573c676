package io.tidemark.duckdb.sink;

import io.tidemark.duckdb.SqlText;
import io.tidemark.duckdb.sink.Segment.Ops;
import java.math.BigInteger;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Where rows of a table wait while it is being copied (those of the stream) or catches up (all):
 * tables of the file, one for each version of the form, so that nothing is held back in the
 * source's log meanwhile.
 */
final class Journal {
  private static final String PREFIX = "journal/";

  private final CopyFile file;
  private final FormStore store;

  Journal(CopyFile file, FormStore store) {
    this.file = file;
    this.store = store;
  }

  /** The rows of a table that wait, oldest version first. */
  List<Segment> of(String owner, Map<String, TargetForm> forms) throws SQLException {
    List<Segment> segments = new ArrayList<>();
    for (String name : names(owner, forms)) {
      segments.add(new Segment(file.own(name), forms.get(name), columns(name), Ops.ANY));
    }
    segments.sort(java.util.Comparator.comparingInt(segment -> segment.form().version()));
    return segments;
  }

  /** The tables of which rows wait. */
  static Set<String> owners(Map<String, TargetForm> forms) {
    Set<String> owners = new TreeSet<>();
    for (String name : forms.keySet()) {
      if (name.startsWith(PREFIX)) {
        owners.add(owner(name));
      }
    }
    return owners;
  }

  private static String owner(String name) {
    // the version stands behind the last slash
    return name.substring(PREFIX.length(), name.lastIndexOf('/'));
  }

  private static boolean isOf(String owner, String name) {
    return name.startsWith(PREFIX) && owner(name).equals(owner);
  }

  private Set<String> columns(String name) throws SQLException {
    return new TreeSet<>(
        file.query(
            "SELECT column_name FROM duckdb_columns() WHERE database_name = current_database() AND"
                + " schema_name = "
                + SqlText.value(CopyFile.OWN_SCHEMA)
                + " AND table_name = "
                + SqlText.value(name),
            row -> row.getString(1)));
  }

  /**
   * Adds rows of a segment.
   *
   * @param which condition on the columns of the segment
   */
  void add(String owner, Segment segment, String which, Map<String, TargetForm> forms)
      throws SQLException {
    String name = PREFIX + owner + "/" + segment.form().version();
    String rows = " FROM " + segment.table() + " WHERE " + which;
    if (forms.putIfAbsent(name, segment.form()) == null) {
      file.execute("CREATE TABLE " + file.own(name) + " AS SELECT *" + rows);
      store.save(name, segment.form());
      return;
    }
    Set<String> columns = columns(name);
    for (String missing : segment.columns()) {
      if (!columns.contains(missing)) {
        file.execute(
            "ALTER TABLE "
                + file.own(name)
                + " ADD COLUMN "
                + missing
                + " "
                + type(segment, missing));
      }
    }
    String names = segment.columns().stream().sorted().collect(Collectors.joining(", "));
    file.execute("INSERT INTO " + file.own(name) + " (" + names + ") SELECT " + names + rows);
  }

  private static String type(Segment segment, String column) {
    return switch (column.charAt(0)) {
      case 'r', 'q' -> "VARCHAR";
      case 'u' -> "BOOLEAN";
      case 'o', 'c' ->
          segment.form().part(Integer.parseInt(column.substring(1))).orElseThrow().type();
      default -> column.equals(Segment.LEAF) ? "VARCHAR" : "TINYINT";
    };
  }

  /** Forgets what lies before a place: a copy attempt has begun there. */
  void removeBefore(BigInteger position, String owner, Map<String, TargetForm> forms)
      throws SQLException {
    for (String name : names(owner, forms)) {
      String table = file.own(name);
      file.execute("DELETE FROM " + table + " WHERE " + ChangesView.position() + " < " + position);
      // what is empty is removed: nothing may ask for its form, which can be that of another key
      if (file.query("SELECT count(*) FROM " + table, row -> row.getLong(1)).get(0) == 0) {
        remove(name, forms);
      }
    }
  }

  /** Forgets all that waits of a table. */
  void clear(String owner, Map<String, TargetForm> forms) throws SQLException {
    for (String name : names(owner, forms)) {
      remove(name, forms);
    }
  }

  private static List<String> names(String owner, Map<String, TargetForm> forms) {
    return forms.keySet().stream().filter(name -> isOf(owner, name)).toList();
  }

  private void remove(String name, Map<String, TargetForm> forms) throws SQLException {
    file.execute("DROP TABLE " + file.own(name));
    store.remove(name);
    forms.remove(name);
  }
}
