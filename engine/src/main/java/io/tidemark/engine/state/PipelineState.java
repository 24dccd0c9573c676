package io.tidemark.engine.state;

import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What one copy knows of its pipeline as of its tidemark. Stored as entries by {@link StateCodec}.
 *
 * @param tables where each table stands
 * @param schemas all versions of each table's form, newest last, as the source gave them (before
 *     transforms)
 * @param definitions what the source's catalog said last of each table beyond its form
 * @param notes the source's own notes
 */
public record PipelineState(
    SortedMap<TableName, TableState> tables,
    SortedMap<TableName, List<TableSchema>> schemas,
    SortedMap<TableName, String> definitions,
    SortedMap<String, String> notes) {

  /** The state of a copy to which nothing was ever committed. */
  public static final PipelineState EMPTY =
      new PipelineState(new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), new TreeMap<>());

  public PipelineState {
    tables = Collections.unmodifiableSortedMap(new TreeMap<>(tables));
    schemas = Collections.unmodifiableSortedMap(new TreeMap<>(schemas));
    definitions = Collections.unmodifiableSortedMap(new TreeMap<>(definitions));
    notes = Collections.unmodifiableSortedMap(new TreeMap<>(notes));
  }

  /** The newest version of each table's form. */
  public Map<TableName, TableSchema> newestSchemas() {
    Map<TableName, TableSchema> newest = new HashMap<>();
    schemas.forEach((table, versions) -> newest.put(table, versions.get(versions.size() - 1)));
    return newest;
  }

  /** The same state with other table states. */
  public PipelineState withTables(SortedMap<TableName, TableState> others) {
    return new PipelineState(others, schemas, definitions, notes);
  }
}
