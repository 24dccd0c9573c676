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
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.BiFunction;
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

  /** Name in the copies to the table that has it. */
  private final Map<TableName, TableName> owners = new HashMap<>();

  /** Tables whose form is looked at once more when their first rows come. */
  private final Set<TableName> unclaimed = new HashSet<>();

  /** Tables that do not fit from the beginning, to be told once the source listens. */
  private final Map<TableName, TidemarkException> misfits = new HashMap<>();

  /** What the source's catalog says of tables beyond their forms. */
  private final Map<TableName, String> definitions = new TreeMap<>();

  /** Whether the lanes know what was known at the start. */
  private boolean described;

  private BiFunction<TableName, CopyForm, Optional<CopyForm>> otherForm =
      (table, form) -> Optional.empty();
  private final TableGate gate = new TableGate();

  /** The newest form of each table, as the source gave it. */
  private final Map<TableName, TableSchema> forms = new HashMap<>();

  private volatile String partition = "source";
  private volatile Lsn boundary = Lsn.ZERO;

  /** What was given last, if that was a boundary. */
  private Optional<SourceEvent.Boundary> at = Optional.empty();

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

  /**
   * Begins with what the copies know.
   *
   * @param otherForm what a copy has of a table, by its name at the source, where that is not what
   *     the transforms make of it
   */
  void resume(PipelineState state, BiFunction<TableName, CopyForm, Optional<CopyForm>> otherForm) {
    tables.putAll(state.tables());
    this.otherForm = otherForm;
    definitions.putAll(state.definitions());
    state.newestSchemas().forEach(this::learn);
  }

  private void learn(TableName table, TableSchema schema) {
    forms.put(table, schema);
    unclaimed.add(table);
    try {
      transforms.schema(schema).ifPresent(form -> claim(table, form));
    } catch (TidemarkException e) {
      misfits.put(table, e);
    }
  }

  /**
   * Takes a name in the copies for a table. Rows of two tables never mix under one name, nor rows
   * of two forms under one version.
   */
  private void claim(TableName table, TableSchema form) {
    TableName name = form.name();
    TableName owner = owners.putIfAbsent(name, table);
    if (owner != null && !owner.equals(table)) {
      throw new TidemarkException(
          ErrorCode.CONFIGURATION,
          "Cannot copy "
              + table
              + " as "
              + name
              + ": "
              + owner
              + " has that name in the copy. Give one of them another by a rename transform.");
    }
    copyNames.put(table, name);
    CopyForm now = CopyForm.of(form);
    if (otherForm.apply(table, now).isPresent()) {
      throw new TidemarkException(
          ErrorCode.CONFIGURATION,
          "Cannot go on with "
              + table
              + ": the transforms give it other columns than the copy has under "
              + name
              + ". Set them back, or give the table another name in the copy by a rename transform:"
              + " then it is copied anew under that name.");
    }
    delivery.event(new LaneEvent.Entry(CopyForm.PREFIX + table, Optional.of(now.encode())));
  }

  /** Where each table stands, as last said, by its name at the source. */
  SortedMap<TableName, TableState> tables() {
    return tables;
  }

  /** The name that a table has in the copies; empty where it is left out, or has none yet. */
  Optional<TableName> nameInCopy(TableName table) {
    return Optional.ofNullable(copyNames.get(table));
  }

  /** The name that a table has in the copies; the same where no transform says otherwise. */
  TableName copyName(TableName table) {
    return nameInCopy(table).orElse(table);
  }

  /** A place in the source's log as the source's positions say it. */
  Position position(Lsn place) {
    return Position.of(partition, place);
  }

  /** Gives an event to the lanes. */
  void give(SourceEvent event) throws InterruptedException {
    tellMisfits();
    tellDefinitions();
    at = event instanceof SourceEvent.Boundary next ? Optional.of(next) : Optional.empty();
    if (event instanceof SourceEvent.Changes changes) {
      rows(changes.batch());
    } else if (event instanceof SourceEvent.TableChange change) {
      if (gate.follows(change)) {
        tableChanged(change);
      }
    } else if (event instanceof SourceEvent.End) {
      delivery.event(new LaneEvent.End());
    } else {
      if (event instanceof SourceEvent.Boundary next && !next.position().parts().isEmpty()) {
        partition = next.position().parts().firstKey();
        boundary = next.position().lsn();
      }
      delivery.event(new LaneEvent.Said(event));
      if (event instanceof SourceEvent.Definition definition) {
        definitions.put(definition.table(), definition.text());
        describe(definition.table());
      } else if (event instanceof SourceEvent.SchemaChange change) {
        schemaChanged(change.schema());
      }
    }
  }

  private void tellDefinitions() {
    if (!described) {
      described = true;
      definitions.keySet().forEach(this::describe);
    }
  }

  /** Tells lanes the definition of a table that has a name in the copies. */
  private void describe(TableName table) {
    String text = definitions.get(table);
    TableName name = copyNames.get(table);
    if (text != null && name != null) {
      delivery.event(new LaneEvent.Definition(name, text));
    }
  }

  private void tellMisfits() {
    misfits.forEach(
        (table, why) -> {
          TableState now = tables.getOrDefault(table, TableState.waiting());
          if (now.phase().compareTo(TableState.Phase.MEMBER) <= 0) {
            misfit(table, why);
          }
        });
    misfits.clear();
  }

  private void rows(ChangeBatch batch) throws InterruptedException {
    Optional<LaneEvent.Rows> given = transformed(batch);
    if (given.isPresent()) {
      delivery.rows(given.get());
    }
  }

  /** Rows as the copies get them; empty where they get none of the table. */
  private Optional<LaneEvent.Rows> transformed(ChangeBatch batch) {
    if (gate.isRefused(batch.table())) {
      return Optional.empty();
    }
    try {
      Optional<TableSchema> form = transforms.schema(batch.schema());
      if (form.isEmpty()) {
        return Optional.empty();
      }
      if (unclaimed.contains(batch.table())) {
        claim(batch.table(), form.get());
        unclaimed.remove(batch.table());
      }
      return Optional.of(new LaneEvent.Rows(batch.table(), transforms.apply(batch)));
    } catch (TidemarkException e) {
      misfit(batch.table(), e);
      return Optional.empty();
    }
  }

  /** Up to where everything was given. */
  Lsn boundary() {
    return boundary;
  }

  /**
   * Gives one lane rows that mend its copy, before anything that comes after the boundary at which
   * the others stand.
   *
   * @param done told when they are committed, or why they are not
   * @throws TidemarkException when the source has gone on, or the rows do not fit
   */
  void repair(Repair repair, CompletableFuture<Position> done) {
    SourceEvent.Boundary here =
        at.filter(last -> last.position().lsn().equals(repair.position()))
            .orElseThrow(() -> repair.refused("the pipeline has gone on. Repair again"));
    Lane lane =
        delivery.lanes().stream()
            .filter(each -> each.name().equals(repair.sink()))
            .findFirst()
            .orElseThrow(() -> repair.refused("no sink " + repair.sink() + " is written now"));
    LaneEvent.Rows rows =
        transformed(repair.batch(forms.get(repair.table())))
            .orElseThrow(() -> repair.refused("the table has left the copy. Look at its status"));
    lane.handOver().put(new LaneEvent.Repair(rows, here, done));
  }

  private void schemaChanged(TableSchema schema) {
    forms.put(schema.name(), schema);
    if (gate.isRefused(schema.name())) {
      return;
    }
    try {
      Optional<TableSchema> form = transforms.schema(schema);
      if (form.isPresent()) {
        claim(schema.name(), form.get());
        describe(schema.name());
        delivery.event(new LaneEvent.Form(schema.name(), form.get()));
      }
    } catch (TidemarkException e) {
      misfit(schema.name(), e);
    }
  }

  /** Fails a table that a transform does not fit, before anything of it is lost in silence. */
  private void misfit(TableName table, TidemarkException why) {
    TableState now = tables.getOrDefault(table, TableState.waiting());
    gate.refuse(table, now.attempt());
    source.request(new SourceRequest.Fail(table, why.getMessage()));
    tableChanged(
        new SourceEvent.TableChange(
            table, now.out(TableState.Phase.FAILED, why.getMessage(), boundary)));
  }

  private void tableChanged(SourceEvent.TableChange change) {
    TableState old = tables.put(change.table(), change.state());
    delivery.event(new LaneEvent.Said(change));
    if (!change.state().equals(old)) {
      failed(change);
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
