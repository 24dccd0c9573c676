package io.tidemark.postgres;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.postgres.history.Alignment;
import io.tidemark.postgres.history.Forms;
import io.tidemark.postgres.history.TypeBook;
import io.tidemark.postgres.stream.StreamListener.Transaction;
import java.sql.SQLException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes the messages of the event trigger: what became of a table, at the place where it did. */
final class DdlMessages {
  private static final Logger LOG = LoggerFactory.getLogger(DdlMessages.class);
  private static final String MATTER = "messages";

  private final TableBook book;
  private final CatalogSession session;
  private final Forms forms;
  private final Admission admission;
  private final DdlPlaces places;
  private final Problems problems;
  private final Runnable wake;

  /**
   * @param wake called when the catalog should be looked at soon
   */
  DdlMessages(
      PostgresConfig config,
      TableBook book,
      CatalogSession session,
      TypeBook types,
      Admission admission,
      Problems problems,
      Runnable wake) {
    this.book = book;
    this.session = session;
    this.forms = new Forms(types);
    this.admission = admission;
    this.places = new DdlPlaces(config, book);
    this.problems = problems;
    this.wake = wake;
  }

  /** A message came. */
  void take(byte[] content, Transaction transaction) {
    wake.run();
    Optional<TableImage> image = image(content);
    if (image.isEmpty()) {
      return;
    }
    // before the book is held: others would stand still with the stream
    Optional<String> failure = readTypes(image.get(), transaction);
    synchronized (book) {
      table(image.get())
          .filter(table -> admission.admits(table, transaction))
          .ifPresent(table -> altered(table, image.get(), failure, transaction));
    }
  }

  /** Every role may write a message: what is none of the trigger's stops nothing. */
  private Optional<TableImage> image(byte[] content) {
    try {
      return Optional.of(TableImage.parse(content));
    } catch (TidemarkException e) {
      LOG.warn("{}", e.getMessage());
      problems.say(MATTER, e.getMessage());
      return Optional.empty();
    }
  }

  private Optional<TrackedTable> table(TableImage image) {
    return book.ofRelation(image.oid()).or(() -> book.ofRelation(image.root()));
  }

  private boolean isOfColumns(TableImage image, Transaction transaction) {
    synchronized (book) {
      return table(image)
          .filter(table -> table.oid == image.oid() && admission.admits(table, transaction))
          .isPresent();
    }
  }

  /**
   * Makes the types of a table's columns known.
   *
   * @return why that is not possible
   */
  private Optional<String> readTypes(TableImage image, Transaction transaction) {
    if (isOfColumns(image, transaction)) {
      try {
        session.readTypes(image.typeOids());
      } catch (SQLException e) {
        throw CatalogSession.unreachable(e);
      } catch (TidemarkException e) {
        if (e.code() == ErrorCode.SOURCE_UNREACHABLE) {
          throw e;
        }
        return Optional.of(e.getMessage());
      }
    }
    return Optional.empty();
  }

  private void altered(
      TrackedTable table, TableImage image, Optional<String> failure, Transaction transaction) {
    Lsn at = new Lsn(transaction.commitLsn());
    places.take(table, image, at);
    if (image.oid() != table.oid || !table.follows()) {
      return;
    }
    if (failure.isPresent()) {
      book.leave(table, Phase.FAILED, failure.get(), at);
      return;
    }
    TableSchema newest = table.history.newest();
    TableSchema next;
    try {
      next =
          Alignment.keepBackfill(
              forms.of(image.onto(newest), table.published, newest.version() + 1), newest);
    } catch (TidemarkException e) {
      book.leave(table, Phase.FAILED, e.getMessage(), at);
      return;
    }
    boolean known =
        table.history.at(transaction.commitLsn()).stream()
            .anyMatch(schema -> Forms.same(schema, next));
    if (known) {
      return;
    }
    if (table.state.phase() == Phase.COPYING) {
      book.again(table, "its columns changed while it was copied; it is copied again", at);
    } else {
      book.alter(table, next, transaction.commitLsn());
    }
  }
}
