package io.tidemark.postgres.verify;

import io.tidemark.api.copy.Slice;
import io.tidemark.api.model.Column;
import io.tidemark.postgres.catalog.Sql;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Writes the SQL of a table's rows as texts, and of their digests as {@link
 * io.tidemark.api.copy.Digest} describes them.
 */
final class RowSql {
  /** Types of which a cast to text is what the output function prints, and no composite. */
  private static final Set<Integer> CAST =
      Set.of(20, 21, 23, 25, 114, 700, 701, 1043, 1082, 1114, 1184, 1700, 2950, 3802);

  /** A function takes a hundred arguments at most. */
  private static final int ARGUMENTS = 50;

  private static final String NUMBER = "('x' || substr(m, %d, 15))::bit(60)::bigint";

  private final String relation;
  private final Map<Integer, String> names;
  private final List<Column> key;
  private final Optional<String> filter;
  private final String bytesOf;
  private final String length;

  /**
   * @param relation what stands behind FROM for the whole table
   * @param names the names that columns have now, by attribute number
   * @param key the key's columns; may be empty
   * @param filter condition of the rows that are published
   * @param utf8 whether the server's texts are UTF-8
   */
  RowSql(
      String relation,
      Map<Integer, String> names,
      List<Column> key,
      Optional<String> filter,
      boolean utf8) {
    this.relation = relation;
    this.names = Map.copyOf(names);
    this.key = List.copyOf(key);
    this.filter = filter;
    this.bytesOf = utf8 ? "%s" : "convert_to(%s, 'UTF8')";
    this.length = "octet_length(" + bytesOf + ")";
  }

  private String name(Column column) {
    return "x." + Sql.name(names.get(column.attnum()));
  }

  private String text(Column column) {
    if (!names.containsKey(column.attnum())) {
      return "NULL::text";
    }
    String name = name(column);
    return CAST.contains(column.typeOid())
        ? name + "::text"
        : "CASE WHEN num_nulls(" + name + ") = 0 THEN format('%s', " + name + ") END";
  }

  /** The texts of columns, one after another, named t0, t1 and so on. */
  String texts(List<Column> columns, Slice slice) {
    List<String> items = new ArrayList<>();
    for (Column column : columns) {
      items.add(text(column) + " AS t" + items.size());
    }
    return "SELECT " + String.join(", ", items) + from(slice) + " OFFSET 0";
  }

  /** The same, and before them the name of the partition where the row is. */
  String placedTexts(List<Column> columns, Slice slice) {
    return "SELECT (SELECT concat(n.nspname, '.', c.relname) FROM pg_class c JOIN pg_namespace n"
        + " ON n.oid = c.relnamespace WHERE c.oid = x.tableoid), "
        + columns.stream().map(this::text).collect(Collectors.joining(", "))
        + from(slice);
  }

  /** Count and sums of a slice. */
  String digest(List<Column> columns, Slice slice) {
    return "SELECT " + sums() + " FROM (" + hashes(columns, slice) + ") AS h";
  }

  /** The number of a part, count and sums of each part that has rows. */
  String digests(List<Column> columns, Slice slice, int parts) {
    return "SELECT p, "
        + sums()
        + " FROM (SELECT m, "
        + part(parts)
        + " AS p FROM ("
        + hashes(columns, slice)
        + ") AS h OFFSET 0) AS h GROUP BY p";
  }

  /** The texts of the rows of some parts. */
  String texts(
      List<Column> shown, List<Column> columns, Slice slice, int parts, Set<Integer> wanted) {
    return "SELECT "
        + names(shown)
        + " FROM ("
        + marked(shown, columns, slice)
        + ") AS h WHERE "
        + part(parts)
        + " = ANY (ARRAY["
        + wanted.stream().map(String::valueOf).collect(Collectors.joining(","))
        + "])";
  }

  /** The texts of each row's key, and its two numbers. */
  String marks(List<Column> columns, Slice slice) {
    return "SELECT "
        + names(key)
        + ", "
        + NUMBER.formatted(1)
        + ", "
        + NUMBER.formatted(17)
        + " FROM ("
        + marked(key, columns, slice)
        + ") AS h";
  }

  private static String names(List<Column> shown) {
    return IntStream.range(0, shown.size())
        .mapToObj(i -> "s" + i)
        .collect(Collectors.joining(", "));
  }

  /** Texts of columns, named s0, s1 and so on, and m, the hash of others. */
  private String marked(List<Column> shown, List<Column> columns, Slice slice) {
    List<String> items = new ArrayList<>();
    for (int i = 0; i < shown.size(); i++) {
      items.add(text(shown.get(i)) + " AS s" + i);
    }
    for (int i = 0; i < columns.size(); i++) {
      items.add(text(columns.get(i)) + " AS t" + i);
    }
    return "SELECT *, md5("
        + bytesOf.formatted(row(columns.size()))
        + ") AS m FROM (SELECT "
        + String.join(", ", items)
        + from(slice)
        + " OFFSET 0) AS r OFFSET 0";
  }

  private static String part(int parts) {
    return "(" + NUMBER.formatted(1) + " & " + (parts - 1) + ")::int";
  }

  private static String sums() {
    return "count(*), coalesce(sum("
        + NUMBER.formatted(1)
        + "), 0)::text, coalesce(sum("
        + NUMBER.formatted(17)
        + "), 0)::text";
  }

  /** OFFSET keeps the server from writing an expression twice, and so computing it twice. */
  private String hashes(List<Column> columns, Slice slice) {
    return "SELECT md5("
        + bytesOf.formatted(row(columns.size()))
        + ") AS m FROM ("
        + texts(columns, slice)
        + ") AS r OFFSET 0";
  }

  private String row(int columns) {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < columns; i++) {
      String t = "t" + i;
      all.add("coalesce(" + length.formatted(t) + " || ':' || " + t + ", '-')");
    }
    while (all.size() > 1) {
      List<String> joined = new ArrayList<>();
      for (int i = 0; i < all.size(); i += ARGUMENTS) {
        List<String> some = all.subList(i, Math.min(all.size(), i + ARGUMENTS));
        joined.add("concat(" + String.join(", ", some) + ")");
      }
      all = joined;
    }
    return all.isEmpty() ? "''" : all.get(0);
  }

  /** The key of the row of a number in a range, from 1. */
  String bound(Slice.Range range, int row) {
    return "SELECT "
        + key.stream().map(this::text).collect(Collectors.joining(", "))
        + from(range)
        + " ORDER BY "
        + key.stream().map(this::name).collect(Collectors.joining(", "))
        + " OFFSET "
        + (row - 1)
        + " LIMIT 1";
  }

  private String from(Slice slice) {
    List<String> conditions = new ArrayList<>();
    filter.ifPresent(sql -> conditions.add("(" + sql + ")"));
    String from = relation;
    if (slice instanceof Slice.Pages pages) {
      from = "ONLY " + pages.relation();
      conditions.add("x.ctid >= '(" + pages.from() + ",0)'::tid");
      if (pages.to() >= 0) {
        conditions.add("x.ctid < '(" + pages.to() + ",0)'::tid");
      }
    } else if (slice instanceof Slice.Range range) {
      range.after().ifPresent(after -> conditions.add(keySql() + " > " + literal(after)));
      range.upTo().ifPresent(upTo -> conditions.add(keySql() + " <= " + literal(upTo)));
    } else if (slice instanceof Slice.Keys keys) {
      conditions.add(
          keySql()
              + " IN ("
              + keys.keys().stream().map(this::literal).collect(Collectors.joining(", "))
              + ")");
    }
    return " FROM "
        + from
        + " AS x"
        + (conditions.isEmpty() ? "" : " WHERE " + String.join(" AND ", conditions));
  }

  private String keySql() {
    String list = key.stream().map(this::name).collect(Collectors.joining(", "));
    return key.size() == 1 ? list : "(" + list + ")";
  }

  private String literal(List<String> values) {
    String list = values.stream().map(Sql::text).collect(Collectors.joining(", "));
    return values.size() == 1 ? list : "(" + list + ")";
  }
}
