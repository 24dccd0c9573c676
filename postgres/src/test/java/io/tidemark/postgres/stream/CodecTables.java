package io.tidemark.postgres.stream;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import io.tidemark.postgres.stream.StreamListener.Transaction;
import io.tidemark.postgres.type.Codecs;
import io.tidemark.postgres.type.ColumnCodec;
import io.tidemark.postgres.type.MisfitPolicy;
import io.tidemark.postgres.type.PgTypes;
import io.tidemark.postgres.type.TypeMapping;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Takes every relation, with real codecs for the built-in types; other columns are left out. */
final class CodecTables implements RelationResolver {
  private final Codecs codecs = new Codecs(PgTypes.builtIn());
  private final TypeMapping mapping = new TypeMapping(PgTypes.builtIn());

  @Override
  public Optional<Resolved> resolve(Relation relation, Transaction transaction) {
    return peek(relation);
  }

  @Override
  public Optional<Resolved> peek(Relation relation) {
    if (relation.schema().isEmpty() || relation.name().isEmpty()) {
      return Optional.empty();
    }
    List<Column> columns = new ArrayList<>();
    int[] targets = new int[relation.columns().size()];
    List<ColumnCodec> readers = new ArrayList<>();
    Arrays.fill(targets, -1);
    for (int i = 0; i < targets.length; i++) {
      Relation.Column wire = relation.columns().get(i);
      try {
        DataType type = mapping.dataType(wire.typeOid(), wire.typmod(), MisfitPolicy.RAW);
        readers.add(codecs.codec(wire.typeOid(), type, MisfitPolicy.RAW));
        targets[i] = columns.size();
        columns.add(
            new Column(
                i + 1,
                wire.name(),
                type,
                "any",
                wire.typeOid(),
                wire.typmod(),
                false,
                false,
                Optional.empty()));
      } catch (TidemarkException e) {
        readers.add(null);
      }
    }
    TableSchema schema =
        new TableSchema(
            new TableName(relation.schema(), relation.name()),
            relation.oid(),
            1,
            columns,
            List.of(),
            ReplicaIdentity.DEFAULT,
            false);
    return Optional.of(new Resolved(schema, Optional.empty(), targets, readers));
  }
}
