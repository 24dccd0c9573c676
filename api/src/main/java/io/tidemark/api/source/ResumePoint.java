package io.tidemark.api.source;

import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a copy knows of its source when a pipeline starts.
 *
 * @param position the tidemark; {@link Position#NONE} when nothing was committed yet
 * @param tables where each table stands
 * @param schemas the newest version of each table's form that the copy has
 * @param definitions the last definition of each table that the copy was told
 * @param notes the source's own notes, as given in {@link SourceEvent.Note} events and committed
 *     with the data
 */
public record ResumePoint(
    Position position,
    SortedMap<TableName, TableState> tables,
    Map<TableName, TableSchema> schemas,
    Map<TableName, String> definitions,
    SortedMap<String, String> notes) {
  /** A pipeline that has never run. */
  public static final ResumePoint NEW =
      new ResumePoint(Position.NONE, new TreeMap<>(), Map.of(), Map.of(), new TreeMap<>());

  /** Whether nothing was ever committed. */
  public boolean isNew() {
    return position.equals(Position.NONE) && notes.isEmpty();
  }
}
