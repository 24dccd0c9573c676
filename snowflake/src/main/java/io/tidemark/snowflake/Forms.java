package io.tidemark.snowflake;

import io.tidemark.api.model.TableName;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which form each table of the copy has, and which journals hold rows that wait, as the state says.
 * Changed by a transaction through a {@linkplain #begin copy}, which replaces it once that is
 * committed.
 */
final class Forms {
  private static final String TABLE = "table/";
  private static final String WAITING = "waiting/";

  private final Map<String, TableForm> tables;

  /** By table, by the journal's name. */
  private final Map<String, Map<String, Segment>> waiting;

  private Forms(Map<String, TableForm> tables, Map<String, Map<String, Segment>> waiting) {
    this.tables = tables;
    this.waiting = waiting;
  }

  static Forms load(StateTables state) throws SQLException {
    Forms forms = new Forms(new LinkedHashMap<>(), new LinkedHashMap<>());
    state
        .forms()
        .forEach(
            (owner, text) -> {
              if (owner.startsWith(TABLE)) {
                forms.tables.put(
                    owner.substring(TABLE.length()), Piece.read(text, TableForm.class));
              } else if (owner.startsWith(WAITING)) {
                Segment segment = Piece.read(text, Segment.class);
                String table = owner.substring(WAITING.length(), owner.lastIndexOf('/'));
                forms.waitingOf(table).put(segment.journal(), segment);
              }
            });
    return forms;
  }

  Forms begin() {
    Forms copy = new Forms(new LinkedHashMap<>(tables), new LinkedHashMap<>());
    waiting.forEach((table, segments) -> copy.waitingOf(table).putAll(segments));
    return copy;
  }

  private Map<String, Segment> waitingOf(String table) {
    return waiting.computeIfAbsent(table, name -> new LinkedHashMap<>());
  }

  Optional<TableForm> of(TableName table) {
    return Optional.ofNullable(tables.get(table.toString()));
  }

  /** The tables whose form is known, by the source's names. */
  Set<String> tables() {
    return new TreeSet<>(tables.keySet());
  }

  void put(TableName table, TableForm form) {
    tables.put(table.toString(), form);
  }

  /** Whether rows of a table wait. */
  boolean waits(TableName table) {
    return !waiting.getOrDefault(table.toString(), Map.of()).isEmpty();
  }

  /** The rows of a table that wait, oldest version first. */
  List<Segment> waiting(TableName table) {
    List<Segment> segments = new ArrayList<>(waitingOf(table.toString()).values());
    segments.sort(java.util.Comparator.comparingInt(segment -> segment.form().version()));
    return segments;
  }

  void wait(TableName table, Segment segment, StateTables state) throws SQLException {
    Map<String, Segment> segments = waitingOf(table.toString());
    Segment before = segments.get(segment.journal());
    Segment now = before == null ? segment : segment.with(segment.kinds().and(before.kinds()));
    if (!now.equals(before)) {
      segments.put(now.journal(), now);
      state.saveForm(owner(table, now), Piece.json(now));
    }
  }

  void waitNoMore(TableName table, Segment segment, StateTables state) throws SQLException {
    if (waitingOf(table.toString()).remove(segment.journal()) != null) {
      state.removeForm(owner(table, segment));
    }
  }

  private static String owner(TableName table, Segment segment) {
    return WAITING
        + table
        + "/"
        + segment.journal().substring(segment.journal().lastIndexOf('/') + 1);
  }

  /** Under which name the state has the form of a table. */
  static String owner(TableName table) {
    return TABLE + table;
  }
}
