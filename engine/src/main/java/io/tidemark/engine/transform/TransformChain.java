package io.tidemark.engine.transform;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.transform.Transform;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Transforms one after another. Called by one thread at a time. */
public final class TransformChain implements Transform {
  private final List<Transform> transforms;
  private final Map<TableSchema, Optional<TableSchema>> schemas = new HashMap<>();

  public TransformChain(List<Transform> transforms) {
    this.transforms = List.copyOf(transforms);
  }

  @Override
  public Optional<TableSchema> schema(TableSchema schema) {
    if (transforms.isEmpty()) {
      return Optional.of(schema);
    }
    Optional<TableSchema> known = schemas.get(schema);
    if (known == null) {
      known = through(schema);
      schemas.keySet().removeIf(old -> old.name().equals(schema.name()));
      schemas.put(schema, known);
    }
    return known;
  }

  private Optional<TableSchema> through(TableSchema schema) {
    Optional<TableSchema> at = Optional.of(schema);
    for (Transform transform : transforms) {
      at = at.flatMap(transform::schema);
    }
    return at;
  }

  @Override
  public boolean alters(TableSchema schema) {
    Optional<TableSchema> at = Optional.of(schema);
    for (Transform transform : transforms) {
      if (at.isPresent() && transform.alters(at.get())) {
        return true;
      }
      at = at.flatMap(transform::schema);
    }
    return false;
  }

  @Override
  public ChangeBatch apply(ChangeBatch batch) {
    ChangeBatch at = batch;
    for (Transform transform : transforms) {
      at = transform.apply(at);
    }
    return at;
  }
}
