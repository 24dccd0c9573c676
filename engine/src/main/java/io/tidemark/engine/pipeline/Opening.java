package io.tidemark.engine.pipeline;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.SinkState;
import io.tidemark.engine.spill.LaneSpill;
import io.tidemark.engine.spill.SpillBudget;
import io.tidemark.engine.state.StateTracker;
import io.tidemark.engine.transform.TransformChain;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

/** Opens the sinks of a pipeline and finds out from where its source resumes. */
final class Opening {
  private final Path spillFolder;
  private final SpillBudget budget;
  private final StopSignal stop;
  private final TransformChain transforms;
  private final List<SteadySink> sinks = new ArrayList<>();
  private final List<SinkState> states = new ArrayList<>();
  private final List<Tally> tallies = new ArrayList<>();
  private ResumePlan plan;

  Opening(PipelineParts parts, StopSignal stop) {
    this.spillFolder = parts.spillFolder();
    this.budget = parts.budget();
    this.transforms = parts.transforms();
    this.stop = stop;
  }

  /** Opens every sink; when one fails for good, the others are closed again. */
  void open(Map<NamedSink, Tally> wanted, PipelineConfig.OnReject onReject)
      throws SinkException, InterruptedException {
    try {
      for (Map.Entry<NamedSink, Tally> each : wanted.entrySet()) {
        NamedSink named = each.getKey();
        SteadySink sink = new SteadySink(named.name(), named.factory().get(), stop.part());
        sinks.add(sink);
        requireFits(sink, onReject);
        states.add(take(sink, each.getValue()));
        tallies.add(each.getValue());
      }
      plan = ResumePlan.of(states, returning());
      plan = plan.copyAnew(movedTables());
    } catch (SinkException | RuntimeException | InterruptedException e) {
      close();
      throw e;
    }
  }

  /** A process that comes back does not take the writing from another that took it meanwhile. */
  private static SinkState take(SteadySink sink, Tally tally)
      throws SinkException, InterruptedException {
    OptionalLong held = tally.epoch();
    SinkState state = sink.call(to -> held.isPresent() ? to.reopen(held.getAsLong()) : to.open());
    tally.opened(state.epoch());
    return state;
  }

  private static void requireFits(SteadySink sink, PipelineConfig.OnReject onReject) {
    if (onReject == PipelineConfig.OnReject.ROW && sink.sink().capabilities().wholeTransactions()) {
      throw new TidemarkException(
          ErrorCode.CONFIGURATION,
          "Cannot open sink "
              + sink.name()
              + ": it promises whole transactions, and on-reject is 'row'. Set on-reject to"
              + " transaction, table or stop.");
    }
  }

  /** Whether a sink shows every transaction by itself. */
  boolean eachTransaction() {
    return sinks.stream().anyMatch(each -> each.sink().capabilities().eachTransaction());
  }

  void close() {
    sinks.forEach(sink -> sink.sink().close());
  }

  ResumePlan plan() {
    return plan;
  }

  /** Tables that a copy does not have, or has under another name than the transforms now say. */
  private Set<TableName> movedTables() {
    Set<TableName> moved = new TreeSet<>();
    plan.state()
        .newestSchemas()
        .forEach(
            (table, schema) -> {
              Optional<TableName> name = nameInCopy(schema);
              boolean elsewhere =
                  states.stream()
                      .filter(copy -> !copy.isNew())
                      .anyMatch(
                          copy -> !name.equals(CopyForm.stored(copy, table).map(CopyForm::name)));
              if (name.isPresent() && elsewhere) {
                moved.add(table);
              }
            });
    return moved;
  }

  private Optional<TableName> nameInCopy(TableSchema schema) {
    try {
      return transforms.schema(schema).map(TableSchema::name);
    } catch (TidemarkException e) {
      return Optional.empty(); // the feed fails it by name
    }
  }

  /** What the copies have of a table, where it is not what the transforms now make of it. */
  Optional<CopyForm> otherForm(TableName source, CopyForm now) {
    return states.stream()
        .flatMap(copy -> CopyForm.stored(copy, source).stream())
        .filter(stored -> stored.name().equals(now.name()) && !stored.meets(now))
        .findFirst();
  }

  /** Places in the list of sinks of those that were left behind and now come back. */
  private Set<Integer> returning() {
    Set<String> names = new TreeSet<>();
    for (SinkState state : states) {
      for (String key : state.entries().tailMap(Delivery.DETACHED).keySet()) {
        if (key.startsWith(Delivery.DETACHED)) {
          names.add(key.substring(Delivery.DETACHED.length()));
        }
      }
    }
    Set<Integer> places = new TreeSet<>();
    for (int i = 0; i < sinks.size(); i++) {
      if (names.contains(sinks.get(i).name())) {
        places.add(i);
      }
    }
    return places;
  }

  /** The sinks as lanes begin with them. */
  List<OpenSink> opened() {
    Set<Integer> returning = returning();
    List<OpenSink> opened = new ArrayList<>();
    for (int i = 0; i < sinks.size(); i++) {
      SinkState state = states.get(i);
      StateTracker tracker = new StateTracker(plan.state(), state.entries());
      for (int back : returning) {
        tracker.put(Delivery.DETACHED + sinks.get(back).name(), Optional.empty());
      }
      opened.add(
          new OpenSink(
              sinks.get(i),
              state.tidemark(),
              tracker,
              !plan.position().covers(state.tidemark()),
              tallies.get(i),
              new LaneSpill(spillFolder.resolve("lane-" + i), budget)));
    }
    return opened;
  }
}
