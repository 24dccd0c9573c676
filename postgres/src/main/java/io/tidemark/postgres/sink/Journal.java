package io.tidemark.postgres.sink;

import io.tidemark.postgres.sink.Segment.Place;
import io.tidemark.postgres.sink.TargetForm.Part;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Where rows of a table wait while it is being copied (those of the stream) or catches up (all):
 * tables of the state schema, one for each version of the form, so that nothing is held back in the
 * source's log meanwhile.
 */
final class Journal {
  private static final String PREFIX = "journal/";

  private final TargetSession session;
  private final FormStore store;
  private final PostgresSinkConfig config;

  Journal(TargetSession session, FormStore store, PostgresSinkConfig config) {
    this.session = session;
    this.store = store;
    this.config = config;
  }

  /** The rows of a table that wait, oldest version first. */
  List<Segment> of(String owner, Map<String, HeldTable> forms) throws SQLException {
    List<Segment> segments = new ArrayList<>();
    for (String name : names(owner, forms)) {
      HeldTable held = forms.get(name);
      segments.add(
          new Segment(held.sql(), held.form(), Ops.any(held.form(), nulls(held)), Segment.ALL));
    }
    segments.sort(Comparator.comparingInt(segment -> segment.form().version()));
    return segments;
  }

  /** The columns that are never null at the source by their form, and are in a row that waits. */
  private Set<Integer> nulls(HeldTable held) throws SQLException {
    List<Part> parts = held.form().columns().stream().filter(Part::notNull).toList();
    if (parts.isEmpty()) {
      return Set.of();
    }
    String ask =
        parts.stream()
            .map(
                part ->
                    "coalesce(bool_or(n."
                        + part.staged()
                        + " IS NULL AND NOT coalesce("
                        + Segment.left(part.attnum())
                        + ", false)), false)")
            .collect(Collectors.joining(", "));
    return session.ask(
        "SELECT " + ask + " FROM " + held.sql() + " AS n WHERE " + Segment.LIVE,
        row -> {
          Set<Integer> found = new TreeSet<>();
          for (int i = 0; i < parts.size(); i++) {
            if (row.getBoolean(i + 1)) {
              found.add(parts.get(i).attnum());
            }
          }
          return found;
        });
  }

  /** The tables of which rows wait. */
  static Set<String> owners(Map<String, HeldTable> forms) {
    Set<String> owners = new TreeSet<>();
    for (String name : forms.keySet()) {
      if (isOne(name)) {
        owners.add(owner(name));
      }
    }
    return owners;
  }

  /** Whether a name is that of a table in which changes wait. */
  static boolean isOne(String name) {
    return name.startsWith(PREFIX);
  }

  private static String owner(String name) {
    // the version stands behind the last slash
    return name.substring(PREFIX.length(), name.lastIndexOf('/'));
  }

  private static List<String> names(String owner, Map<String, HeldTable> forms) {
    return forms.keySet().stream()
        .filter(name -> isOne(name) && owner(name).equals(owner))
        .toList();
  }

  /**
   * Adds rows of a segment.
   *
   * @param which condition on its columns
   */
  void add(String owner, Segment segment, String which, Map<String, HeldTable> forms)
      throws SQLException {
    String name = PREFIX + owner + "/" + segment.form().version();
    HeldTable held = forms.get(name);
    if (held == null) {
      held = new HeldTable(segment.form(), config.stateSchema(), place(name), List.of());
      session.execute("CREATE TABLE " + held.sql() + " (LIKE " + segment.table() + ")");
      session.execute("ALTER TABLE " + held.sql() + " DROP COLUMN " + Segment.PIECE);
      store.save(name, held);
      forms.put(name, held);
    }
    String columns =
        segment.form().columns().stream()
            .map(part -> ", " + part.staged())
            .collect(Collectors.joining("", Segment.OWN_COLUMNS, ""));
    session.execute(
        "INSERT INTO "
            + held.sql()
            + " ("
            + columns
            + ") SELECT "
            + columns
            + " FROM "
            + segment.table()
            + " AS n WHERE "
            + segment.where(which));
  }

  /** A name that is short enough, and the same for the same journal. */
  private String place(String name) {
    byte[] whole = (config.pipeline() + " " + name).getBytes(StandardCharsets.UTF_8);
    return "journal_" + UUID.nameUUIDFromBytes(whole).toString().replace("-", "");
  }

  /** Forgets what lies before a place: a copy attempt has begun there. */
  void removeBefore(Place place, String owner, Map<String, HeldTable> forms) throws SQLException {
    for (String name : names(owner, forms)) {
      String table = forms.get(name).sql();
      session.execute("DELETE FROM " + table + " AS n WHERE " + place.sql("<"));
      // what is empty is removed: nothing may ask for its form, which can be that of another key
      if (session.ask("SELECT NOT EXISTS (SELECT FROM " + table + ")", row -> row.getBoolean(1))) {
        remove(name, forms);
      }
    }
  }

  /** Forgets all that waits of a table. */
  void clear(String owner, Map<String, HeldTable> forms) throws SQLException {
    for (String name : names(owner, forms)) {
      remove(name, forms);
    }
  }

  private void remove(String name, Map<String, HeldTable> forms) throws SQLException {
    session.execute("DROP TABLE " + forms.remove(name).sql());
    store.remove(name);
  }
}
