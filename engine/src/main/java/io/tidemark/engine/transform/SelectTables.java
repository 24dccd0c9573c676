package io.tidemark.engine.transform;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TablePatterns;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.transform.Transform;
import java.util.Optional;

/** Leaves whole tables out. */
record SelectTables(TablePatterns include, TablePatterns exclude) implements Transform {
  @Override
  public Optional<TableSchema> schema(TableSchema schema) {
    return include.fit(schema.name()) && !exclude.fit(schema.name())
        ? Optional.of(schema)
        : Optional.empty();
  }

  @Override
  public boolean alters(TableSchema schema) {
    return false;
  }

  @Override
  public ChangeBatch apply(ChangeBatch batch) {
    return batch;
  }
}
