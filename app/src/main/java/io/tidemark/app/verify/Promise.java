package io.tidemark.app.verify;

import io.tidemark.api.copy.CopiedTable;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.postgres.PostgresConfig;
import io.tidemark.postgres.PostgresConfig.SnapshotMode;
import java.util.List;
import java.util.Optional;

/**
 * Which tables a copy promises to be equal at its tidemark.
 *
 * @param source how the source is captured
 * @param tidemark of the copy
 */
record Promise(PostgresConfig source, Lsn tidemark) {

  /** Why a table is not promised to be equal; empty where it is. */
  Optional<String> exception(
      TableName name, TableState state, List<TableSchema> forms, Optional<CopiedTable> copied) {
    if (state == null || forms.isEmpty()) {
      return Optional.of(Phase.WAITING.word() + ": its copy has not begun");
    } else if (copied.isEmpty()) {
      return Optional.of("the transforms leave it out");
    } else if (!state.isMember()) {
      return Optional.of(state.word() + state.reason().map(why -> ": " + why).orElse(""));
    } else if (tidemark.isBefore(state.since())) {
      return Optional.of(Phase.CATCHING_UP.word());
    } else if (source.snapshot().mode() == SnapshotMode.NEVER) {
      return Optional.of("snapshot.mode is 'never': rows from before are not in the copy");
    } else if (source.snapshot().rowFilters().containsKey(name.toString())) {
      return Optional.of("snapshot.row-filter: rows were left out that the stream does not tell");
    }
    return Optional.empty();
  }

  /** The form of a table of which none is known. */
  TableSchema noForm(TableName name) {
    return new TableSchema(
        name, 0, 0, List.of(), List.of(), TableSchema.ReplicaIdentity.DEFAULT, false);
  }
}
