package io.tidemark.postgres;

import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.ListVector;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.Vector;
import io.tidemark.postgres.type.PgType;
import io.tidemark.postgres.type.PgType.Kind;
import io.tidemark.postgres.type.PgTypes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The columns of a table's form that hold labels of enums: of an enum, a domain over one, or an
 * array of these.
 *
 * @param enums pg_type.oid by the column's place
 * @param types the enums and domains that the columns are made of
 */
record EnumColumns(TableSchema schema, Map<Integer, Integer> enums, Set<Integer> types) {
  /** A label that was not told. */
  record Unknown(int type, String label) {}

  static EnumColumns of(TableSchema schema, PgTypes types) {
    Map<Integer, Integer> enums = new java.util.TreeMap<>();
    Set<Integer> made = new HashSet<>();
    for (int i = 0; i < schema.columns().size(); i++) {
      Column column = schema.columns().get(i);
      PgType type = types.find(column.typeOid()).orElse(null);
      boolean array = false;
      while (type != null && (type.kind() == Kind.ARRAY || type.kind() == Kind.DOMAIN)) {
        if (type.kind() == Kind.DOMAIN) {
          made.add(type.oid());
        }
        array |= type.kind() == Kind.ARRAY;
        type = types.find(type.elementOid()).orElse(null);
      }
      if (type != null && type.kind() == Kind.ENUM) {
        made.add(type.oid());
        // an array may come as its text, which is no label
        if (!array || column.type() instanceof DataType.ListOf) {
          enums.put(i, type.oid());
        }
      }
    }
    return new EnumColumns(schema, enums, made);
  }

  /** The labels of a batch that were not told, each once. */
  List<Unknown> unknown(ChangeBatch batch, Map<Integer, Labels> told) {
    if (enums.isEmpty()) {
      return List.of();
    }
    Set<Unknown> unknown = new HashSet<>();
    enums.forEach(
        (column, type) -> {
          Labels labels = told.get(type);
          look(batch.columns().get(column), type, labels, unknown);
          if (batch.hasBefore()) {
            look(batch.before().get(column), type, labels, unknown);
          }
        });
    return new ArrayList<>(unknown);
  }

  private static void look(ColumnData data, int type, Labels labels, Set<Unknown> unknown) {
    Vector vector = data.vector();
    if (vector instanceof ListVector list) {
      vector = list.elements();
    }
    if (vector instanceof BytesVector bytes) {
      for (int i = 0; i < bytes.size(); i++) {
        if (!bytes.isNull(i)
            && (labels == null || !labels.contains(bytes.data(), bytes.start(i), bytes.end(i)))) {
          unknown.add(new Unknown(type, bytes.text(i)));
        }
      }
    }
  }
}
