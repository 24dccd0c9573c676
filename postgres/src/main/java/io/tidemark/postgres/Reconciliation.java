package io.tidemark.postgres;

import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.postgres.CatalogSession.Present;
import io.tidemark.postgres.catalog.CatalogTable;
import io.tidemark.postgres.catalog.Sql;
import io.tidemark.postgres.history.TypeBook;
import io.tidemark.postgres.slot.Publication.Published;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Brings the tables up to what a look at the catalog shows: new ones, dropped ones, such that are
 * published in another way, and through {@link FollowedTables} what became of the others.
 *
 * <p>The catalog shows the present, the stream is behind it. So a finding counts only once the
 * stream has passed the place at which the catalog was read, and the catalog still shows the same.
 * One thread at a time.
 */
final class Reconciliation {
  private final PostgresConfig config;
  private final TableBook book;
  private final CatalogSession session;
  private final TypeBook types;
  private final Boundaries boundaries;
  private final FollowedTables followed;
  private final Map<TableName, Lsn> gone = new HashMap<>();
  private String typesNoted = "";

  /** Position that the stream should pass soon; ZERO for none. */
  private Lsn expected = Lsn.ZERO;

  Reconciliation(
      PostgresConfig config,
      TableBook book,
      CatalogSession session,
      TypeBook types,
      Boundaries boundaries) {
    this.config = config;
    this.book = book;
    this.session = session;
    this.types = types;
    this.boundaries = boundaries;
    this.followed = new FollowedTables(config, book, types);
  }

  /**
   * What is known while tables are brought up.
   *
   * @param passed a position that the stream had passed before the catalog was read
   * @param empty of partitions that a table is going to take in, whether no row was ever put into
   *     them; without those of which that cannot be told now
   */
  record Seen(Present present, Lsn passed, Map<Integer, Boolean> empty) {}

  /**
   * Takes a look at the catalog in.
   *
   * @param passed a position that the stream had passed before the catalog was read
   */
  void take(Present present, Lsn passed) throws SQLException {
    // the server is asked before and after the book is held: the stream stands still with it
    Seen seen = new Seen(present, passed, empty(newLeaves(present)));
    boolean expects;
    synchronized (book) {
      expected = Lsn.ZERO;
      tables(seen);
      expects = !expected.equals(Lsn.ZERO);
      boundaries.want(expected);
    }
    if (expects) {
      // an idle server would tell its position only now and then
      session.mark("look");
    }
  }

  private List<Integer> newLeaves(Present present) {
    synchronized (book) {
      return present.catalog().tables().stream()
          .filter(CatalogTable::partitioned)
          .flatMap(
              table ->
                  book
                      .find(table.name())
                      .map(tracked -> FollowedTables.newLeaves(tracked, look(table, present)))
                      .orElse(List.of())
                      .stream())
          .toList();
    }
  }

  private Map<Integer, Boolean> empty(List<Integer> leaves) throws SQLException {
    Map<Integer, Boolean> empty = new HashMap<>();
    for (Integer leaf : leaves) {
      session.isEmpty(leaf).ifPresent(now -> empty.put(leaf, now));
    }
    return empty;
  }

  private void tables(Seen seen) {
    Present present = seen.present();
    for (CatalogTable table : present.catalog().tables()) {
      if (!table.unlogged()) {
        Optional<TrackedTable> tracked = book.find(table.name());
        if (tracked.isEmpty()) {
          if (isFree(table.oid(), table.name())) {
            appear(table, present);
          }
        } else {
          compare(tracked.get(), table, seen);
        }
      }
    }
    for (TrackedTable tracked : book.all()) {
      Optional<CatalogTable> now =
          present.catalog().table(tracked.name).filter(table -> !table.unlogged());
      if (now.isEmpty() && tracked.state.phase() != Phase.DETACHED && isPast(tracked, seen)) {
        book.leave(
            tracked,
            Phase.DETACHED,
            "the table was dropped at the source, or is not selected any more",
            seen.passed());
      }
      // another table of the same name says nothing of this one
      if (now.isPresent() && now.get().oid() == tracked.oid) {
        gone.remove(tracked.name);
      }
    }
    noteTypes();
  }

  private void noteTypes() {
    String now = types.types().toJson();
    if (!now.equals(typesNoted)) {
      typesNoted = now;
      book.note(PostgresSource.TYPES_NOTE, now);
    }
  }

  /** Whether the stream has passed the place at which a change was first seen. */
  private boolean isPast(TrackedTable table, Seen seen) {
    Lsn place = gone.get(table.name);
    if (place == null) {
      place = seen.present().walEnd();
      gone.put(table.name, place);
      expected = place;
    }
    return !table.follows() || !seen.passed().isBefore(place);
  }

  /**
   * Whether no table that is followed holds a relation: until the stream has passed the place at
   * which it lost it, rows of the relation are still that table's.
   */
  private boolean isFree(int relation, TableName asker) {
    return book.ofRelation(relation)
        .filter(owner -> !owner.name.equals(asker) && owner.follows())
        .isEmpty();
  }

  /** What a table looks like, without the leaves that another one has not lost yet. */
  private TableLook look(CatalogTable table, Present present) {
    TableLook look = TableLook.of(present.catalog(), table);
    for (Integer leaf : List.copyOf(look.leaves().keySet())) {
      if (!isFree(leaf, table.name())) {
        look = look.without(leaf);
      }
    }
    return look;
  }

  private void appear(CatalogTable table, Present present) {
    Optional<Published> published = present.published(table);
    TrackedTable added =
        book.add(
            table.name(),
            table.oid(),
            published.isPresent() ? Optional.empty() : Optional.of(unpublished(table, present)));
    book.describe(added, table.oid(), published.orElse(null), look(table, present));
  }

  /** Never the advice to publish updates that the server would then refuse. */
  private String unpublished(CatalogTable table, Present present) {
    boolean usable = present.catalog().identityUsable(table);
    String name = usable ? config.publication() : config.insertsPublication();
    boolean there =
        present.publications().stream().anyMatch(publication -> publication.name().equals(name));
    String quoted = Sql.name(table.name());
    if (usable || there) {
      return "it is not in publication "
          + name
          + "; its owner must run ALTER PUBLICATION "
          + Sql.name(name)
          + " ADD TABLE "
          + (table.partitioned() ? "" : "ONLY ")
          + quoted;
    }
    return "it has no usable replica identity, and publication "
        + name
        + ", for inserts and truncates of such tables, was not there when the copy began; its owner"
        + " must run ALTER TABLE "
        + quoted
        + " REPLICA IDENTITY FULL";
  }

  private void compare(TrackedTable tracked, CatalogTable table, Seen seen) {
    Present present = seen.present();
    Lsn passed = seen.passed();
    Optional<Published> published = present.published(table);
    TableLook look = look(table, present);
    Phase phase = tracked.state.phase();
    if (tracked.oid != 0 && tracked.oid != table.oid()) {
      otherTable(tracked, table, published, look, seen);
    } else if (phase == Phase.DETACHED) {
      book.describe(tracked, table.oid(), published.orElse(null), look);
      book.again(tracked, "the table is there again; it is copied again", passed);
    } else if (!stamp(tracked.published).equals(stamp(published.orElse(null)))
        || (published.isEmpty() && tracked.follows())) {
      book.describe(tracked, table.oid(), published.orElse(null), tracked.look);
      if (phase != Phase.WAITING || published.isEmpty()) {
        book.again(
            tracked,
            published.isPresent()
                ? "the way it is published changed; it is copied again"
                : unpublished(table, present),
            passed);
      }
    } else if (tracked.follows() && phase != Phase.COPYING) {
      if (!followed.settle(tracked, table, look, seen)) {
        expected = present.walEnd();
      }
    } else if (phase == Phase.WAITING) {
      book.describe(tracked, table.oid(), published.orElse(null), look);
    }
  }

  /** The name belongs to another table than the one that was copied. */
  private void otherTable(
      TrackedTable tracked,
      CatalogTable table,
      Optional<Published> published,
      TableLook look,
      Seen seen) {
    if (tracked.follows()) {
      if (isPast(tracked, seen)) {
        book.replaced(tracked, seen.passed());
      }
    } else if (isFree(table.oid(), table.name())) {
      book.describe(tracked, table.oid(), published.orElse(null), look);
      book.again(
          tracked,
          published.isPresent() ? TableBook.REPLACED : unpublished(table, seen.present()),
          seen.passed());
    }
  }

  private static String stamp(Published published) {
    return published == null ? "" : published.stamp();
  }
}
