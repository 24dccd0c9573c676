package io.tidemark.postgres.verify;

import io.tidemark.api.copy.Digest;
import io.tidemark.api.copy.Slice;
import io.tidemark.api.copy.SourceReader;
import io.tidemark.api.copy.SourceReader.Stamp;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableSchema;
import io.tidemark.postgres.catalog.ServerWords;
import io.tidemark.postgres.history.TypeBook;
import io.tidemark.postgres.snapshot.KeyOrder;
import io.tidemark.postgres.type.ColumnCodec;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** One table, read through a session. */
final class SourceTable implements SourceReader.Table {
  /** 32 MiB of a table with pages of the usual size: some tenths of a second. */
  private static final long PAGES = 4096;

  private final Asking asking;
  private final Relation relation;
  private final TableSchema form;
  private final List<Column> columns;
  private final List<ColumnCodec> codecs;
  private final RowSql sql;

  SourceTable(
      Asking asking,
      Relation relation,
      TableSchema form,
      List<Integer> columns,
      Optional<String> filter,
      TypeBook types,
      boolean utf8) {
    this.asking = asking;
    this.relation = relation;
    this.form = form;
    this.columns =
        columns.stream().map(attnum -> form.columns().get(form.indexOf(attnum))).toList();
    this.codecs = form.columns().stream().map(types::codec).toList();
    this.sql = new RowSql(relation.sql(), relation.names(), form.keyColumns(), filter, utf8);
  }

  private String what() {
    return "table " + relation.name();
  }

  @Override
  public Set<Integer> attributes() {
    return relation.names().keySet();
  }

  @Override
  public List<String> added() {
    int last = form.columns().stream().mapToInt(Column::attnum).max().orElse(0);
    return relation.names().entrySet().stream()
        .filter(column -> column.getKey() > last)
        .map(Map.Entry::getValue)
        .toList();
  }

  @Override
  public Optional<Comparator<List<String>>> order() {
    List<Column> key = form.keyColumns();
    boolean ordered =
        !key.isEmpty()
            && key.stream()
                .allMatch(
                    column ->
                        relation.names().containsKey(column.attnum())
                            && KeyOrder.isOrdered(
                                column,
                                relation
                                    .collated()
                                    .contains(form.relationOid() + "." + column.attnum())));
    return ordered ? Optional.of(new KeyTextOrder(key)) : Optional.empty();
  }

  @Override
  public Optional<List<String>> bound(Slice.Range range, int rows) {
    List<List<String>> found = new ArrayList<>();
    asking.ask(
        what(),
        sql.bound(range, rows),
        relation::guard,
        row -> {
          found.add(texts(row, 1, form.key().size()));
          return 0;
        });
    return found.stream().findFirst();
  }

  @Override
  public List<Slice.Pages> pages() {
    try {
      List<Slice.Pages> slices = new ArrayList<>();
      for (Relation.Leaf leaf : relation.leaves()) {
        long from = 0;
        for (; from + PAGES < leaf.pages(); from += PAGES) {
          slices.add(new Slice.Pages(leaf.sql(), from, from + PAGES));
        }
        slices.add(new Slice.Pages(leaf.sql(), from, -1));
      }
      return slices;
    } catch (SQLException e) {
      throw new TidemarkException(
          ErrorCode.QUERY, "Cannot look at " + what() + ": " + ServerWords.of(e) + ".", e);
    } finally {
      asking.end();
    }
  }

  @Override
  public Digest digest(Slice slice) {
    Digest[] found = {Digest.NONE};
    asking.ask(
        what(),
        sql.digest(columns, slice),
        relation::guard,
        row -> {
          found[0] = digest(row, 1);
          return found[0].rows();
        });
    return found[0];
  }

  @Override
  public Map<Integer, Digest> digests(Slice slice, int parts) {
    Map<Integer, Digest> found = new HashMap<>();
    asking.ask(
        what(),
        sql.digests(columns, slice, parts),
        relation::guard,
        row -> {
          Digest digest = digest(row, 2);
          found.put(row.getInt(1), digest);
          return digest.rows();
        });
    return found;
  }

  private static Digest digest(ResultSet row, int at) throws SQLException {
    return new Digest(row.getLong(at), sum(row.getString(at + 1)), sum(row.getString(at + 2)));
  }

  private static long sum(String number) {
    return new BigDecimal(number).toBigInteger().longValue();
  }

  @Override
  public void marks(Slice slice, BiConsumer<List<String>, Digest> to) {
    int width = form.key().size();
    asking.ask(
        what(),
        sql.marks(columns, slice),
        relation::guard,
        row -> {
          to.accept(
              texts(row, 1, width), new Digest(1, row.getLong(width + 1), row.getLong(width + 2)));
          return 1;
        });
  }

  @Override
  public void rows(Slice slice, Consumer<List<String>> to) {
    give(sql.texts(form.columns(), slice), to);
  }

  @Override
  public void rows(Slice slice, int parts, Set<Integer> wanted, Consumer<List<String>> to) {
    give(sql.texts(form.columns(), columns, slice, parts, wanted), to);
  }

  private void give(String query, Consumer<List<String>> to) {
    asking.ask(
        what(),
        query,
        relation::guard,
        row -> {
          to.accept(texts(row, 1, form.columns().size()));
          return 1;
        });
  }

  private static List<String> texts(ResultSet row, int from, int count) throws SQLException {
    List<String> texts = new ArrayList<>(count);
    for (int i = from; i < from + count; i++) {
      texts.add(row.getString(i));
    }
    return texts;
  }

  @Override
  public ChangeBatch batch(List<List<String>> rows) {
    ChangeBatch batch = new ChangeBatch(form);
    for (int i = 0; i < rows.size(); i++) {
      batch.addRow(Op.READ, 0, i, 0, 0);
      fill(batch, rows.get(i));
    }
    return batch;
  }

  private void fill(ChangeBatch batch, List<String> texts) {
    for (int c = 0; c < codecs.size(); c++) {
      ColumnData data = batch.columns().get(c);
      if (texts.get(c) == null) {
        data.vector().addNull();
      } else {
        byte[] bytes = texts.get(c).getBytes(StandardCharsets.UTF_8);
        codecs.get(c).text(bytes, 0, bytes.length, data);
      }
    }
  }

  /** A row and the partition where it is. */
  private record Placed(String leaf, List<String> texts) {}

  @Override
  public ChangeBatch rewrite(List<List<String>> keys, Stamp stamp) {
    int[] key = form.key().stream().mapToInt(form::indexOf).toArray();
    Set<List<String>> gone = new LinkedHashSet<>(keys);
    List<Placed> rows = new ArrayList<>();
    asking.ask(
        what(),
        sql.placedTexts(form.columns(), new Slice.Keys(keys)),
        relation::guard,
        row -> {
          List<String> texts = texts(row, 2, form.columns().size());
          // what the server takes for the same key may have another text
          if (gone.remove(Arrays.stream(key).mapToObj(texts::get).toList())) {
            rows.add(new Placed(row.getString(1), texts));
          }
          return 1;
        });
    ChangeBatch batch = new ChangeBatch(form);
    for (List<String> each : gone) {
      begin(batch, Op.DELETE, stamp);
      String[] texts = new String[form.columns().size()];
      for (int i = 0; i < key.length; i++) {
        texts[key[i]] = each.get(i);
      }
      fill(batch, Arrays.asList(texts));
    }
    for (Placed row : rows) {
      begin(batch, Op.UPDATE, stamp);
      if (form.partitioned()) {
        batch.leaf(row.leaf());
      }
      fill(batch, row.texts());
    }
    return batch;
  }

  private static void begin(ChangeBatch batch, Op op, Stamp stamp) {
    long ordinal = stamp.firstOrdinal() + batch.size();
    batch.addRow(op, stamp.position().value() - 1, ordinal, 0, stamp.atMicros());
  }
}
