package io.tidemark.engine.state;

import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState;
import io.tidemark.api.source.SourceEvent;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Follows the state of one copy: what its destination holds, and what has changed since. A commit
 * carries the difference to the one before it alone, so a flush of a pipeline with thousands of
 * tables stays small. Used by one thread.
 */
public final class StateTracker {
  private final SortedMap<TableName, TableState> tables;
  private final SortedMap<TableName, List<TableSchema>> schemas;
  private final Map<String, String> stored;
  private final SortedMap<String, Optional<String>> changes = new TreeMap<>();

  /**
   * Begins with a state that may differ from what the destination holds.
   *
   * @param state what holds from now on
   * @param stored entries of the last commit; keys that the codec does not own are left alone
   */
  public StateTracker(PipelineState state, SortedMap<String, String> stored) {
    this.tables = new TreeMap<>(state.tables());
    this.schemas = new TreeMap<>(state.schemas());
    this.stored = new HashMap<>(stored);
    SortedMap<String, String> wanted = StateCodec.encode(state);
    for (String key : stored.keySet()) {
      if (StateCodec.owns(key) && !wanted.containsKey(key)) {
        put(key, Optional.empty());
      }
    }
    wanted.forEach((key, value) -> put(key, Optional.of(value)));
  }

  /** Takes a step in a table's life. */
  public void apply(SourceEvent.TableChange event) {
    tables.put(event.table(), event.state());
    put(
        StateCodec.TABLE + event.table(),
        Optional.of(StateCodec.encode(event.table(), event.state())));
  }

  /**
   * Takes a version of a table's form. A version that is known already is replaced, and so are all
   * above it: after a restart the source may give them again.
   */
  public void apply(SourceEvent.SchemaChange event) {
    TableName table = event.schema().name();
    List<TableSchema> versions = new ArrayList<>();
    for (TableSchema version : schemas.getOrDefault(table, List.of())) {
      if (version.version() < event.schema().version()) {
        versions.add(version);
      }
    }
    versions.add(event.schema());
    schemas.put(table, List.copyOf(versions));
    put(StateCodec.SCHEMA + table, Optional.of(StateCodec.encode(table, versions)));
  }

  /** Takes what the source's catalog says of a table. */
  public void apply(SourceEvent.Definition event) {
    put(
        StateCodec.DEFINITION + event.table(),
        Optional.of(StateCodec.encode(event.table(), event.text())));
  }

  /** Takes a note of the source. */
  public void apply(SourceEvent.Note event) {
    put(StateCodec.NOTE + event.key(), event.value());
  }

  /** Takes an entry that is not the codec's: a dead letter, for instance. */
  public void put(String key, Optional<String> value) {
    if (value.equals(Optional.ofNullable(stored.get(key)))) {
      changes.remove(key);
    } else {
      changes.put(key, value);
    }
  }

  /** What the destination holds, as of the last commit. */
  public SortedMap<String, String> stored() {
    return new TreeMap<>(stored);
  }

  /** Where each table stands now. */
  public SortedMap<TableName, TableState> tables() {
    return tables;
  }

  /** What no commit has yet. */
  public SortedMap<String, Optional<String>> changes() {
    return Collections.unmodifiableSortedMap(changes);
  }

  /**
   * What a commit is to bring. From now on the destination counts as holding it: where the commit
   * fails for good, this tracker is of no use any more, and a new one begins with what the
   * destination says.
   */
  public SortedMap<String, Optional<String>> takeChanges() {
    SortedMap<String, Optional<String>> taken = new TreeMap<>(changes);
    taken.forEach(
        (key, value) ->
            value.ifPresentOrElse(text -> stored.put(key, text), () -> stored.remove(key)));
    changes.clear();
    return taken;
  }
}
