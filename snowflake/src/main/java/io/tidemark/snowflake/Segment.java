package io.tidemark.snowflake;

import io.tidemark.snowflake.Facts.Kinds;
import java.util.List;

/**
 * Changes of one table under one version of its form, in a table of the state's schema.
 *
 * @param journal the name of that table, not quoted
 * @param wires its columns
 * @param form of the rows
 * @param kinds what may be there
 */
record Segment(String journal, List<WireName> wires, RowForm form, Kinds kinds) {
  /** A column of a journal and how COPY reads it. */
  record WireName(String name, String type, String read) {
    static WireName of(Wire wire) {
      return new WireName(wire.name(), wire.type(), wire.read());
    }
  }

  Segment {
    wires = List.copyOf(wires);
  }

  boolean has(String wire) {
    return wires.stream().anyMatch(each -> each.name().equals(wire));
  }

  Segment with(Kinds other) {
    return new Segment(journal, wires, form, other);
  }
}
