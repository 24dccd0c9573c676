package io.tidemark.duckdb.sink;

import io.tidemark.duckdb.SqlText;
import io.tidemark.duckdb.sink.TargetForm.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Segments of a table seen as one, under one form: {@code pos} (place among all changes, odd; one
 * below it is the place at which an update takes an old key away), {@code op}, {@code snap}, {@code
 * leaf}, {@code moved} (the key changed), and {@code cN}, {@code rN}, {@code uN}, {@code oN},
 * {@code qN} as in {@link Segment}, each there for every column.
 */
final class ChangesView {
  /** Its name. */
  static final String NAME = "temp.main.w";

  private static final String POS =
      "(_lsn::HUGEINT * 18446744073709551616 + _seq::HUGEINT * 2 + 1)";

  private final TargetForm form;
  private final List<Segment> segments;

  ChangesView(TargetForm form, List<Segment> segments) {
    this.form = form;
    this.segments = segments;
  }

  /** The place of a change within a segment. */
  static String position() {
    return POS;
  }

  /** What is true of rows of a snapshot, and of what begins a copy attempt, within a segment. */
  static String ofSnapshot(Segment segment) {
    return "(_op = 114 OR " + beginsAttempt(segment) + ")";
  }

  /** What is true of what begins a copy attempt of a whole table, within a segment. */
  static String beginsAttempt(Segment segment) {
    return "(_op = 116 AND _xid = 0" + (segment.has(Segment.LEAF) ? " AND _leaf IS NULL)" : ")");
  }

  String sql() {
    return "CREATE OR REPLACE TEMP VIEW w AS SELECT *, "
        + (form.hasKey() ? "was > 0 AND " + moved() : "false")
        + " AS moved FROM ("
        + segments.stream().map(this::select).collect(Collectors.joining("\nUNION ALL\n"))
        + ")";
  }

  private String moved() {
    return form.keyParts().stream()
        .map(part -> key(part, "o", "q") + " IS DISTINCT FROM " + key(part, "c", "r"))
        .collect(Collectors.joining(" OR ", "(", ")"));
  }

  /** A key's column as one value that equals itself: with its raw text where it may have one. */
  static String key(Part part, String value, String raw) {
    return part.raw()
        ? "row(" + value + part.attnum() + ", " + raw + part.attnum() + ")"
        : value + part.attnum();
  }

  private String select(Segment segment) {
    boolean before = segment.has(Segment.BEFORE);
    List<String> items = new ArrayList<>();
    items.add(POS + " AS pos");
    items.add("_op AS op");
    items.add(ofSnapshot(segment) + " AS snap");
    items.add((segment.has(Segment.LEAF) ? "_leaf" : "NULL::VARCHAR") + " AS leaf");
    items.add((before ? "coalesce(_before, 0)" : "0") + " AS was");
    for (Part part : form.columns()) {
      int n = part.attnum();
      boolean unchanged = segment.has("u" + n);
      String filled = "coalesce(u" + n + ", false) AND coalesce(_before, 0) = 2";
      String value = value(segment, part, "c", "r");
      String raw = raw(segment, part, "r");
      if (unchanged && before) {
        // under REPLICA IDENTITY FULL the old row has what the new one leaves out
        value =
            "CASE WHEN "
                + filled
                + " THEN "
                + value(segment, part, "o", "q")
                + " ELSE "
                + value
                + " END";
        raw = "CASE WHEN " + filled + " THEN " + raw(segment, part, "q") + " ELSE " + raw + " END";
      }
      items.add(value + " AS c" + n);
      items.add(raw + " AS r" + n);
      items.add(value(segment, part, "o", "q") + " AS o" + n);
      items.add(raw(segment, part, "q") + " AS q" + n);
      items.add(
          (unchanged
                  ? "coalesce(u" + n + ", false)" + (before ? " AND NOT (" + filled + ")" : "")
                  : "false")
              + " AS u"
              + n);
    }
    return "SELECT " + String.join(", ", items) + " FROM " + segment.table();
  }

  private static String value(Segment segment, Part part, String prefix, String rawPrefix) {
    Part own = segment.form().part(part.attnum()).orElse(null);
    String column = prefix + part.attnum();
    if (own == null) {
      return part.backfill();
    } else if (!segment.has(column)) {
      return "NULL::" + part.type();
    } else if (own.type().equals(part.type())) {
      return column;
    }
    return converted(
        column,
        own.type(),
        part.type(),
        segment.has(rawPrefix + part.attnum()) ? rawPrefix + part.attnum() : null);
  }

  private static String raw(Segment segment, Part part, String prefix) {
    String column = prefix + part.attnum();
    boolean kept =
        segment.has(column)
            && segment
                .form()
                .part(part.attnum())
                .map(own -> !becomesText(own.type(), part.type()))
                .orElse(false);
    return kept ? column : "NULL::VARCHAR";
  }

  static boolean becomesText(String from, String to) {
    return to.equals("VARCHAR") && !from.equals(to);
  }

  /**
   * A value under another type. PostgreSQL rewrites a table whose values would not simply be cast,
   * and then the table is copied again; so what cannot be cast here does not matter.
   *
   * @param raw the column of raw texts; null where there is none
   */
  static String converted(String value, String from, String to, String raw) {
    if (becomesText(from, to)) {
      String text =
          from.equals("BLOB")
              ? "'\\x' || lower(hex(" + value + "))"
              : "CAST(" + value + " AS VARCHAR)";
      return raw == null ? text : "coalesce(" + text + ", " + raw + ")";
    }
    return "TRY_CAST(" + value + " AS " + to + ")";
  }

  static String quoted(Part part) {
    return SqlText.name(part.name());
  }
}
