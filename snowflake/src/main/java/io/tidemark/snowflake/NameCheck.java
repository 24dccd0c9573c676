package io.tidemark.snowflake;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.SinkException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Refuses tables whose names cannot stand in Snowflake beside the others. */
final class NameCheck {
  private static final int LONGEST = 255;

  private final Destination names;
  private final Map<String, TableName> tables = new HashMap<>();

  NameCheck(Destination names) {
    this.names = names;
  }

  /** Takes a table's name for it. */
  void check(TableSchema schema) throws SinkException.Rejected {
    TableName name = schema.name();
    String copy = names.name(name);
    if (names.schema(name).equals(names.stateSchema())) {
      throw rejected(schema, "schema " + names.schema(name) + " is Tidemark's own");
    }
    if (names.schema(name).length() > LONGEST || names.table(name).length() > LONGEST) {
      throw rejected(schema, "its name there, " + copy + ", is longer than 255 characters");
    }
    TableName other = tables.getOrDefault(copy, name);
    if (!other.equals(name)) {
      throw rejected(schema, "its name there, " + copy + ", is that of " + other + " too");
    }
    checkColumns(schema);
    // last, because a table that is refused keeps no name from another
    tables.put(copy, name);
  }

  private void checkColumns(TableSchema schema) throws SinkException.Rejected {
    if (schema.columns().isEmpty()) {
      throw rejected(schema, "it has no column");
    }
    Set<String> taken = new HashSet<>();
    taken.add(Destination.LEAF);
    for (Column column : schema.columns()) {
      String name = names.cased(column.name());
      if (!taken.add(name)) {
        throw rejected(
            schema, "its column " + column.name() + " would have a name there that is taken");
      }
      if (name.toUpperCase(Locale.ROOT).startsWith(Destination.PASSING.substring(0, 10))
          || name.endsWith(Destination.RAW)) {
        throw rejected(schema, "the name of its column " + column.name() + " is reserved");
      }
    }
  }

  private static SinkException.Rejected rejected(TableSchema schema, String reason) {
    return new SinkException.Rejected(
        schema.name(),
        "Cannot hold table "
            + schema.name()
            + " in Snowflake: "
            + reason
            + ". Rename it or leave it out by a transform, or give the sink other names.",
        null);
  }
}
