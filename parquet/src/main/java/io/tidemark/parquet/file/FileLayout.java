package io.tidemark.parquet.file;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.TableSchema;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimeUnit;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Types;

/**
 * Which columns a file has: those of one version of a table, the metadata, and the extras that its
 * rows need. Columns are named by their index in the schema.
 */
public final class FileLayout {
  private final TableSchema schema;
  private final BitSet raw = new BitSet();
  private final BitSet oldRaw = new BitSet();
  private boolean old;
  private boolean partition;

  private FileLayout(TableSchema schema) {
    this.schema = schema;
  }

  /** What these rows need; all of one version of one table. */
  public static FileLayout of(TableSchema schema, List<RowRun> runs) {
    FileLayout layout = new FileLayout(schema);
    for (RowRun run : runs) {
      layout.need(run);
    }
    return layout;
  }

  /** A layout with the extras of both. */
  public FileLayout with(FileLayout other) {
    FileLayout both = new FileLayout(schema);
    for (FileLayout layout : List.of(this, other)) {
      both.raw.or(layout.raw);
      both.oldRaw.or(layout.oldRaw);
      both.old |= layout.old;
      both.partition |= layout.partition;
    }
    return both;
  }

  /** Whether rows of the other layout fit a file of this one. */
  public boolean covers(FileLayout other) {
    return with(other).extras().equals(extras());
  }

  /**
   * Names of the columns that only some files have; {@code _old.<column>__raw} where the old row
   * has one.
   */
  public List<String> extras() {
    List<String> names = new ArrayList<>();
    if (old) {
      names.add(MetaColumns.OLD);
    }
    if (partition) {
      names.add(MetaColumns.PARTITION);
    }
    raw.stream().forEach(index -> names.add(rawName(index)));
    oldRaw.stream().forEach(index -> names.add(MetaColumns.OLD + "." + rawName(index)));
    return names;
  }

  /** The version of the table. */
  public TableSchema schema() {
    return schema;
  }

  BitSet raw() {
    return raw;
  }

  boolean old() {
    return old;
  }

  BitSet oldRaw() {
    return oldRaw;
  }

  boolean partition() {
    return partition;
  }

  /** The form of the file: the table's columns, the metadata, the extras. */
  MessageType message() {
    List<Type> fields = new ArrayList<>();
    for (Column column : schema.columns()) {
      fields.add(ParquetTypes.field(column.name(), column.type(), column.attnum()));
    }
    fields.add(metaText(MetaColumns.OP));
    for (String name : List.of(MetaColumns.LSN, MetaColumns.SEQ, MetaColumns.XID)) {
      fields.add(Types.required(PrimitiveTypeName.INT64).id(MetaColumns.id(name)).named(name));
    }
    fields.add(
        Types.required(PrimitiveTypeName.INT64)
            .as(LogicalTypeAnnotation.timestampType(true, TimeUnit.MICROS))
            .id(MetaColumns.id(MetaColumns.COMMITTED_AT))
            .named(MetaColumns.COMMITTED_AT));
    fields.add(
        Types.optionalList()
            .element(
                Types.optional(PrimitiveTypeName.BINARY)
                    .as(LogicalTypeAnnotation.stringType())
                    .id(MetaColumns.META_IDS + 100)
                    .named("element"))
            .id(MetaColumns.id(MetaColumns.UNCHANGED))
            .named(MetaColumns.UNCHANGED));
    addExtras(fields);
    return new MessageType("change", fields);
  }

  private static Type metaText(String name) {
    return Types.required(PrimitiveTypeName.BINARY)
        .as(LogicalTypeAnnotation.stringType())
        .id(MetaColumns.id(name))
        .named(name);
  }

  private void addExtras(List<Type> fields) {
    if (old) {
      fields.add(oldStruct());
    }
    if (partition) {
      fields.add(extraText(MetaColumns.PARTITION, MetaColumns.id(MetaColumns.PARTITION)));
    }
    raw.stream()
        .forEach(
            index -> fields.add(extraText(rawName(index), MetaColumns.RAW_IDS + attnum(index))));
  }

  private Type oldStruct() {
    List<Type> fields = new ArrayList<>();
    for (Column column : schema.columns()) {
      fields.add(
          ParquetTypes.oldField(
              column.name(), column.type(), MetaColumns.OLD_IDS + column.attnum()));
    }
    oldRaw.stream()
        .forEach(
            index ->
                fields.add(extraText(rawName(index), MetaColumns.OLD_RAW_IDS + attnum(index))));
    return Types.optionalGroup()
        .addFields(fields.toArray(Type[]::new))
        .id(MetaColumns.id(MetaColumns.OLD))
        .named(MetaColumns.OLD);
  }

  private static Type extraText(String name, int id) {
    return Types.optional(PrimitiveTypeName.BINARY)
        .as(LogicalTypeAnnotation.stringType())
        .id(id)
        .named(name);
  }

  private String rawName(int index) {
    return schema.columns().get(index).name() + MetaColumns.RAW_SUFFIX;
  }

  private int attnum(int index) {
    return schema.columns().get(index).attnum();
  }

  private void need(RowRun run) {
    ChangeBatch batch = run.batch();
    needRaw(batch.columns(), run, raw);
    partition = partition || anyLeaf(run);
    if (batch.hasBefore() && anyBefore(run)) {
      old = true;
      needRaw(batch.before(), run, oldRaw);
    }
  }

  private static boolean anyLeaf(RowRun run) {
    for (int i = run.from(); i < run.to(); i++) {
      if (run.batch().leaf(i) != null) {
        return true;
      }
    }
    return false;
  }

  private static boolean anyBefore(RowRun run) {
    for (int i = run.from(); i < run.to(); i++) {
      if (run.batch().beforeKind(i) != ChangeBatch.Before.NONE) {
        return true;
      }
    }
    return false;
  }

  private static void needRaw(List<ColumnData> columns, RowRun run, BitSet needed) {
    for (int index = 0; index < columns.size(); index++) {
      ColumnData column = columns.get(index);
      for (int i = run.from(); column.hasRaw() && !needed.get(index) && i < run.to(); i++) {
        if (column.raw(i) != null) {
          needed.set(index);
        }
      }
    }
  }
}
