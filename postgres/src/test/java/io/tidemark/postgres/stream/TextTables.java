package io.tidemark.postgres.stream;

import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import io.tidemark.postgres.stream.StreamListener.Transaction;
import io.tidemark.postgres.type.ColumnCodec;
import io.tidemark.postgres.type.MalformedValueException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** Takes every relation for a table whose columns are all texts, in the order of the wire. */
final class TextTables implements RelationResolver {
  private final ColumnCodec textCodec = new TextCodec();
  final Map<String, String> leafOf = new HashMap<>();
  final Set<String> notCaptured = new HashSet<>();

  /** Columns that are JSON from now on. */
  final Set<String> asJson = new HashSet<>();

  /** From now on no value can be read. */
  volatile boolean spoilt;

  /** Rows of transactions in progress are kept as they come. */
  boolean decodesLate;

  private final Map<TableName, TableSchema> schemas = new HashMap<>();
  private long generation;

  /** Texts as they come; a text that begins with "!bad" is none. */
  private final class TextCodec implements ColumnCodec {
    @Override
    public void binary(byte[] data, int offset, int length, ColumnData out) {
      throw new MalformedValueException("binary.");
    }

    @Override
    public void text(byte[] data, int offset, int length, ColumnData out) {
      if (spoilt
          || new String(data, offset, Math.min(length, 4), StandardCharsets.UTF_8).equals("!bad")) {
        throw new MalformedValueException("not a text.");
      }
      ((BytesVector) out.vector()).add(data, offset, length);
    }
  }

  /** Stops capturing a table. */
  void leaveOut(String table) {
    notCaptured.add(table);
    generation++;
  }

  /** Captures a table again. */
  void takeIn(String table) {
    notCaptured.remove(table);
    generation++;
  }

  /** How many forms of a table were asked for. */
  int versions(String table) {
    return schemas.get(new TableName("public", table)).version();
  }

  @Override
  public long generation() {
    return generation;
  }

  @Override
  public Optional<Resolved> peek(Relation relation) {
    return decodesLate || notCaptured.contains(relation.name())
        ? Optional.empty()
        : Optional.of(resolved(relation));
  }

  @Override
  public Optional<Resolved> resolve(Relation relation, Transaction transaction) {
    String root = leafOf.getOrDefault(relation.name(), relation.name());
    if (notCaptured.contains(root)) {
      return Optional.empty();
    }
    Resolved resolved = resolved(relation);
    schemas.put(resolved.schema().name(), resolved.schema());
    return Optional.of(resolved);
  }

  private Resolved resolved(Relation relation) {
    String root = leafOf.getOrDefault(relation.name(), relation.name());
    TableName name = new TableName("public", root);
    TableSchema schema = schemaOf(name, relation);
    TableSchema known = schemas.get(name);
    if (known != null && known.columns().equals(schema.columns())) {
      schema = known;
    }
    return new Resolved(
        schema,
        leafOf.containsKey(relation.name()) ? Optional.of(relation.name()) : Optional.empty(),
        IntStream.range(0, relation.columns().size()).toArray(),
        Collections.nCopies(relation.columns().size(), textCodec));
  }

  private TableSchema schemaOf(TableName name, Relation relation) {
    List<Column> columns = new ArrayList<>();
    for (Relation.Column column : relation.columns()) {
      columns.add(
          new Column(
              columns.size() + 1,
              column.name(),
              asJson.contains(column.name()) ? new DataType.Json() : new DataType.Text(),
              "text",
              25,
              -1,
              false,
              false,
              Optional.empty()));
    }
    int version = schemas.containsKey(name) ? schemas.get(name).version() + 1 : 1;
    return new TableSchema(
        name, relation.oid(), version, columns, List.of(1), ReplicaIdentity.DEFAULT, false);
  }
}
