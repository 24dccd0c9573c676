package io.tidemark.postgres;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.postgres.PostgresConfig.SnapshotMode;
import io.tidemark.postgres.TrackedTable.CopyForm;
import io.tidemark.postgres.catalog.Catalog;
import io.tidemark.postgres.catalog.CatalogTable;
import io.tidemark.postgres.history.Forms;
import io.tidemark.postgres.history.TypeBook;
import io.tidemark.postgres.slot.Publication.Published;
import io.tidemark.postgres.snapshot.KeyOrder;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides in which form each waiting table is copied. One snapshot for all of them is the fastest;
 * where it would be held for longer than {@code snapshot.max-hold}, the largest tables that have a
 * suitable key are copied in ranges of it instead.
 */
final class CopyChoice {
  private static final Logger LOG = LoggerFactory.getLogger(CopyChoice.class);

  /** What a copy of one reader is taken to read at least, in bytes of the table each second. */
  private static final long BYTES_PER_SECOND = 32 << 20;

  private final PostgresConfig config;
  private final CatalogSession session;
  private final TableBook book;
  private final Forms forms;

  CopyChoice(PostgresConfig config, CatalogSession session, TableBook book, TypeBook types) {
    this.config = config;
    this.session = session;
    this.book = book;
    this.forms = new Forms(types);
  }

  /** Decides for every waiting table for which that was not done. */
  void decide() throws SQLException {
    List<TrackedTable> open;
    synchronized (book) {
      open =
          book.all().stream()
              .filter(
                  table ->
                      table.choice == null
                          && table.published != null
                          && (table.state.phase() == Phase.WAITING))
              .toList();
    }
    if (!open.isEmpty()) {
      decide(open);
    }
  }

  private void decide(List<TrackedTable> open) throws SQLException {
    Map<Integer, Long> sizes = session.sizes(relations(open));
    long total = 0;
    for (TrackedTable table : open) {
      total += size(table, sizes);
    }
    List<TrackedTable> left = new ArrayList<>(open);
    if (isTooLong(total)
        && config.snapshot().mode() == SnapshotMode.INITIAL
        && !session.isStandby()) {
      Catalog catalog = session.look().catalog();
      Set<String> byBytes = session.collatedByBytes(relations(open));
      left.sort(Comparator.comparingLong((TrackedTable table) -> size(table, sizes)).reversed());
      for (TrackedTable table : List.copyOf(left)) {
        if (isTooLong(total) && suits(table, catalog, byBytes)) {
          choose(table, CopyForm.KEYS, Optional.empty());
          left.remove(table);
          total -= size(table, sizes);
        }
      }
    }
    Optional<String> remark =
        isTooLong(total) && !left.isEmpty() ? Optional.of(warning(left, total)) : Optional.empty();
    left.forEach(table -> choose(table, CopyForm.SNAPSHOT, remark));
  }

  private String warning(List<TrackedTable> left, long total) {
    String text =
        "its snapshot may be held for "
            + estimate(total).toMinutes()
            + " min, longer than snapshot.max-hold: there is no key in whose ranges it could be"
            + " copied";
    LOG.warn("{} of the tables to be copied ({} in all): {}.", left.get(0).name, left.size(), text);
    return text;
  }

  private void choose(TrackedTable table, CopyForm form, Optional<String> remark) {
    synchronized (book) {
      table.choice = form;
      table.remark = remark;
    }
  }

  private boolean isTooLong(long bytes) {
    return estimate(bytes).compareTo(config.snapshot().maxHold()) >= 0;
  }

  private static Duration estimate(long bytes) {
    return Duration.ofSeconds(bytes / BYTES_PER_SECOND);
  }

  private static List<Integer> relations(List<TrackedTable> tables) {
    return tables.stream()
        .filter(table -> table.look != null)
        .flatMap(table -> table.look.leaves().keySet().stream())
        .toList();
  }

  private static long size(TrackedTable table, Map<Integer, Long> sizes) {
    return table.look == null
        ? 0
        : table.look.leaves().keySet().stream()
            .mapToLong(leaf -> sizes.getOrDefault(leaf, 0L))
            .sum();
  }

  /** Whether every change of it says a key whose order is the same here as at the server. */
  private boolean suits(TrackedTable table, Catalog catalog, Set<String> byBytes) {
    Optional<CatalogTable> found = catalog.table(table.name);
    Published published = book.publishedAs(table);
    if (found.isEmpty()
        || published == null
        || found.get().partitioned()
        || table.notByKeys.isPresent()) {
      return false;
    }
    TableSchema form = forms.of(found.get(), published, 1);
    return published.everyChange()
        && form.hasKey()
        && form.keyColumns().stream()
            .allMatch(column -> KeyOrder.isOrdered(column, isByBytes(form, column, byBytes)));
  }

  private static boolean isByBytes(TableSchema form, Column column, Set<String> byBytes) {
    return byBytes.contains(form.relationOid() + "." + column.attnum());
  }
}
