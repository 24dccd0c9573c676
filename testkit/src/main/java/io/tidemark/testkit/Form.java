package io.tidemark.testkit;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Builds forms of tables for tests: {@code Form.of("public.items").key("id", Form.BIGINT)
 * .column("name", Form.TEXT).schema()}, and their next versions with {@link #next}.
 */
public final class Form {
  public static final DataType BIGINT = new DataType.Int(64);
  public static final DataType INTEGER = new DataType.Int(32);
  public static final DataType TEXT = new DataType.Text();
  public static final DataType TIMESTAMPTZ = new DataType.Timestamp(true);
  public static final DataType MONEY = new DataType.Decimal(12, 2);

  private final TableName name;
  private final int version;
  private final List<Column> columns = new ArrayList<>();
  private final List<Integer> key = new ArrayList<>();
  private int nextAttnum = 1;
  private ReplicaIdentity identity = ReplicaIdentity.DEFAULT;
  private boolean partitioned;

  private Form(TableName name, int version) {
    this.name = name;
    this.version = version;
  }

  /** A table's first version. */
  public static Form of(String name) {
    return new Form(TableName.parse(name), 1);
  }

  /** The version after another, with the same columns to begin with. */
  public static Form next(TableSchema schema) {
    Form form = new Form(schema.name(), schema.version() + 1);
    form.columns.addAll(schema.columns());
    form.key.addAll(schema.key());
    form.identity = schema.identity();
    form.partitioned = schema.partitioned();
    form.nextAttnum = schema.columns().stream().mapToInt(Column::attnum).max().orElse(0) + 1;
    return form;
  }

  /** Appends a column. */
  public Form column(String column, DataType type) {
    columns.add(described(nextAttnum++, column, type, false, Optional.empty()));
    return this;
  }

  /** Appends a column with a constant default, in PostgreSQL's text, for the rows before it. */
  public Form column(String column, DataType type, String backfill) {
    columns.add(described(nextAttnum++, column, type, false, Optional.of(backfill)));
    return this;
  }

  /** Appends a column that is part of the primary key. */
  public Form key(String column, DataType type) {
    key.add(nextAttnum);
    columns.add(described(nextAttnum++, column, type, true, Optional.empty()));
    return this;
  }

  /** Takes a column out. */
  public Form drop(String column) {
    columns.remove(index(column));
    return this;
  }

  /** Leaves an attribute number out: that of a column which an earlier version had as its last. */
  public Form gone() {
    nextAttnum++;
    return this;
  }

  /** Gives a column another name. */
  public Form rename(String from, String to) {
    Column old = columns.get(index(from));
    columns.set(
        index(from), described(old.attnum(), to, old.type(), old.notNull(), old.backfill()));
    return this;
  }

  /** Gives a column another type. */
  public Form retype(String column, DataType type) {
    Column old = columns.get(index(column));
    columns.set(
        index(column), described(old.attnum(), column, type, old.notNull(), old.backfill()));
    return this;
  }

  /** Says what the log carries of old rows. */
  public Form identity(ReplicaIdentity wanted) {
    identity = wanted;
    return this;
  }

  /** Says that rows carry their leaf partition. */
  public Form partitioned() {
    partitioned = true;
    return this;
  }

  public TableSchema schema() {
    return new TableSchema(
        name,
        16_384 + Math.floorMod(name.hashCode(), 1000),
        version,
        columns,
        key,
        identity,
        partitioned);
  }

  private int index(String column) {
    for (int i = 0; i < columns.size(); i++) {
      if (columns.get(i).name().equals(column)) {
        return i;
      }
    }
    throw new IllegalArgumentException("Cannot find column " + column + " of " + name + ".");
  }

  private static Column described(
      int attnum, String name, DataType type, boolean notNull, Optional<String> backfill) {
    return new Column(attnum, name, type, pgType(type), pgOid(type), -1, notNull, false, backfill);
  }

  private static String pgType(DataType type) {
    if (type instanceof DataType.Int integer) {
      return integer.bits() == 64 ? "bigint" : integer.bits() == 32 ? "integer" : "smallint";
    } else if (type instanceof DataType.Float floating) {
      return floating.bits() == 64 ? "double precision" : "real";
    } else if (type instanceof DataType.Decimal decimal) {
      return "numeric(" + decimal.precision() + "," + decimal.scale() + ")";
    } else if (type instanceof DataType.Timestamp timestamp) {
      return timestamp.utc() ? "timestamp with time zone" : "timestamp without time zone";
    } else if (type instanceof DataType.Bool) {
      return "boolean";
    } else if (type instanceof DataType.Bytes) {
      return "bytea";
    } else if (type instanceof DataType.ListOf list) {
      return pgType(list.element()) + "[]";
    } else if (type instanceof DataType.Struct) {
      return "composite";
    } else if (type instanceof DataType.Time) {
      return "time without time zone";
    }
    return type.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT);
  }

  private static int pgOid(DataType type) {
    return switch (pgType(type)) {
      case "boolean" -> 16;
      case "bytea" -> 17;
      case "bigint" -> 20;
      case "smallint" -> 21;
      case "integer" -> 23;
      case "text" -> 25;
      case "json" -> 114;
      case "real" -> 700;
      case "double precision" -> 701;
      case "date" -> 1082;
      case "time without time zone" -> 1083;
      case "timestamp without time zone" -> 1114;
      case "timestamp with time zone" -> 1184;
      case "uuid" -> 2950;
      default -> type instanceof DataType.Decimal ? 1700 : 16_400;
    };
  }
}
