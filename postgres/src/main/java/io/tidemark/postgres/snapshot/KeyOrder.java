package io.tidemark.postgres.snapshot;

import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.IntVector;
import io.tidemark.api.model.LongVector;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.Vector;
import io.tidemark.postgres.catalog.Sql;
import io.tidemark.postgres.history.TypeBook;
import io.tidemark.postgres.type.ColumnCodec;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A table's key and its order, which is exactly the server's: integers, dates and times by number,
 * uuid, bytea and text of collation "C" by their bytes.
 */
public final class KeyOrder {
  private static final int TEXT = 25;
  private static final int VARCHAR = 1043;
  private static final int BYTEA = 17;
  private static final Set<Integer> BY_NUMBER = Set.of(20, 21, 23, 1082, 1114, 1184);
  private static final int UUID = 2950;

  private final List<Column> columns;
  private final List<ColumnCodec> codecs;

  /**
   * @param schema with a key of which {@link #isOrdered} is true for every column
   */
  public KeyOrder(TableSchema schema, TypeBook types) {
    columns = schema.keyColumns();
    codecs = columns.stream().map(types::codec).toList();
  }

  /** Whether a column's values have the same order here as at the server. */
  public static boolean isOrdered(Column column, boolean collatedByBytes) {
    DataType type = column.type();
    return column.notNull()
        && switch (column.typeOid()) {
          case TEXT, VARCHAR -> collatedByBytes && type instanceof DataType.Text;
          case BYTEA -> type instanceof DataType.Bytes;
          case UUID -> type instanceof DataType.Uuid;
          default -> BY_NUMBER.contains(column.typeOid()) && !(type instanceof DataType.Text);
        };
  }

  /** Whether rows of another form have the same key. */
  boolean fits(TableSchema schema) {
    if (!schema.key().equals(columns.stream().map(Column::attnum).toList())) {
      return false;
    }
    List<Column> now = schema.keyColumns();
    for (int i = 0; i < now.size(); i++) {
      if (now.get(i).typeOid() != columns.get(i).typeOid()) {
        return false;
      }
    }
    return true;
  }

  /** A place in the order: the values of the key's columns. */
  public final class Bound {
    private final List<String> texts;
    private final Vector[] values;

    private Bound(List<String> texts) {
      this.texts = List.copyOf(texts);
      this.values = new Vector[texts.size()];
      for (int i = 0; i < values.length; i++) {
        byte[] text = texts.get(i).getBytes(StandardCharsets.UTF_8);
        ColumnData data = new ColumnData(Vector.of(columns.get(i).type(), 1));
        codecs.get(i).text(text, 0, text.length, data);
        if (data.vector().isNull(0)) {
          throw new IllegalArgumentException(
              "a value of key column " + columns.get(i).name() + " has no place in an order");
        }
        values[i] = data.vector();
      }
    }

    /** PostgreSQL's text of each value. */
    List<String> texts() {
      return texts;
    }

    private String sql() {
      String list = texts.stream().map(Sql::text).collect(Collectors.joining(", "));
      return texts.size() == 1 ? list : "(" + list + ")";
    }
  }

  /**
   * A bound of PostgreSQL's texts.
   *
   * @throws IllegalArgumentException where a value has no place in the order (infinity, for
   *     instance)
   */
  public Bound bound(List<String> texts) {
    return new Bound(texts);
  }

  /** The key in SQL, as one expression that can be compared with a bound. */
  private String sql() {
    String list =
        columns.stream().map(column -> Sql.name(column.name())).collect(Collectors.joining(", "));
    return columns.size() == 1 ? list : "(" + list + ")";
  }

  /** The SQL conditions of a range; an end is null where it is open. */
  List<String> conditions(Bound after, Bound upTo) {
    List<String> conditions = new ArrayList<>();
    if (after != null) {
      conditions.add(sql() + " > " + after.sql());
    }
    if (upTo != null) {
      conditions.add(sql() + " <= " + upTo.sql());
    }
    return conditions;
  }

  /** What selects the texts of a key. */
  String textList() {
    return columns.stream()
        .map(column -> Sql.name(column.name()) + "::text")
        .collect(Collectors.joining(", "));
  }

  /** ORDER BY of the key of a table; by its bare name a column would mean its text above. */
  String order(String table) {
    return columns.stream()
        .map(column -> table + "." + Sql.name(column.name()))
        .collect(Collectors.joining(", "));
  }

  int width() {
    return columns.size();
  }

  /** Where the key's columns stand in a form. */
  int[] indexes(TableSchema schema) {
    return columns.stream().mapToInt(column -> schema.indexOf(column.attnum())).toArray();
  }

  /** Whether a row says its whole key. */
  static boolean isWhole(List<ColumnData> row, int[] indexes, int i) {
    for (int index : indexes) {
      if (row.get(index).vector().size() <= i || row.get(index).vector().isNull(i)) {
        return false;
      }
    }
    return true;
  }

  /** Compares a row's key with a bound. */
  static int compare(List<ColumnData> row, int[] indexes, int i, Bound bound) {
    for (int c = 0; c < indexes.length; c++) {
      int order = compare(row.get(indexes[c]).vector(), i, bound.values[c]);
      if (order != 0) {
        return order;
      }
    }
    return 0;
  }

  private static int compare(Vector values, int i, Vector bound) {
    if (values instanceof LongVector longs) {
      return Long.compare(longs.get(i), ((LongVector) bound).get(0));
    }
    if (values instanceof IntVector ints) {
      return Integer.compare(ints.get(i), ((IntVector) bound).get(0));
    }
    BytesVector bytes = (BytesVector) values;
    BytesVector other = (BytesVector) bound;
    return Arrays.compareUnsigned(
        bytes.data(), bytes.start(i), bytes.end(i), other.data(), other.start(0), other.end(0));
  }
}
