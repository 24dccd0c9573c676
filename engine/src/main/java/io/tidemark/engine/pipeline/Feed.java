package io.tidemark.engine.pipeline;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState;
import io.tidemark.api.source.ChangeSource;
import io.tidemark.api.source.SourceEvent;
import io.tidemark.api.source.SourceRequest;
import io.tidemark.engine.state.PipelineState;
import io.tidemark.engine.transform.TransformChain;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns what the source says into what lanes get: rows through the transforms, forms as the copies
 * have them. Follows each table's life for those who ask. Used by the source's thread; what it
 * tells may be asked by any.
 */
final class Feed {
  private static final Logger LOG = LoggerFactory.getLogger(Feed.class);

  private final ChangeSource source;
  private final TransformChain transforms;
  private final Delivery delivery;
  private final PipelineConfig.OnFailedTable onFailedTable;
  private final SortedMap<TableName, TableState> tables = new ConcurrentSkipListMap<>();
  private final SortedMap<TableName, TableName> copyNames = new ConcurrentSkipListMap<>();

  /** Tables that a transform does not fit, with the form that it did not fit. */
  private final Map<TableName, TableSchema> misfits = new ConcurrentHashMap<>();

  private volatile String partition = "source";

  Feed(
      ChangeSource source,
      TransformChain transforms,
      Delivery delivery,
      PipelineConfig.OnFailedTable onFailedTable) {
    this.source = source;
    this.transforms = transforms;
    this.delivery = delivery;
    this.onFailedTable = onFailedTable;
  }

  /** Begins with what the copies know. */
  void resume(PipelineState state) {
    tables.putAll(state.tables());
    state
        .newestSchemas()
        .forEach((table, schema) -> form(schema).ifPresent(form -> learn(table, form)));
  }

  /** Where each table stands, as last said, by its name at the source. */
  SortedMap<TableName, TableState> tables() {
    return tables;
  }

  /** The name that a table has in the copies; the same where no transform says otherwise. */
  TableName copyName(TableName table) {
    return copyNames.getOrDefault(table, table);
  }

  /** A place in the source's log as the source's positions say it. */
  Position position(Lsn place) {
    return Position.of(partition, place);
  }

  /** Gives an event to the lanes. */
  void give(SourceEvent event) throws InterruptedException {
    if (event instanceof SourceEvent.Changes changes) {
      ChangeBatch batch = changes.batch();
      if (form(batch.schema()).isPresent()) {
        delivery.rows(new LaneEvent.Rows(batch.table(), transforms.apply(batch)));
      }
      return;
    }
    if (event instanceof SourceEvent.TableChange change) {
      tables.put(change.table(), change.state());
      failed(change);
    } else if (event instanceof SourceEvent.Boundary boundary
        && !boundary.position().parts().isEmpty()) {
      partition = boundary.position().parts().firstKey();
    }
    delivery.event(new LaneEvent.Said(event));
    if (event instanceof SourceEvent.SchemaChange change) {
      TableName table = change.schema().name();
      form(change.schema())
          .ifPresent(
              form -> {
                learn(table, form);
                delivery.event(new LaneEvent.Form(table, form));
              });
    }
  }

  private void learn(TableName table, TableSchema form) {
    copyNames.put(table, form.name());
  }

  /** The form behind the transforms; empty where the table is left out or a transform fails it. */
  private Optional<TableSchema> form(TableSchema schema) {
    if (!misfits.isEmpty() && schema.equals(misfits.get(schema.name()))) {
      return Optional.empty();
    }
    try {
      return transforms.schema(schema);
    } catch (TidemarkException e) {
      misfits.put(schema.name(), schema);
      source.request(new SourceRequest.Fail(schema.name(), e.getMessage()));
      return Optional.empty();
    }
  }

  private void failed(SourceEvent.TableChange change) {
    if (change.state().phase() != TableState.Phase.FAILED) {
      return;
    }
    String reason = change.state().reason().orElse("no reason was given");
    LOG.error("Table {} has left the copy: {}", change.table(), reason);
    if (onFailedTable == PipelineConfig.OnFailedTable.STOP) {
      throw new TidemarkException(
          ErrorCode.SOURCE_NOT_READY,
          "Cannot follow table "
              + change.table()
              + ": "
              + reason
              + " The pipeline stops because on-failed-table is 'stop'.");
    }
  }
}
