package io.tidemark.engine.pipeline;

import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.api.sink.SinkState;
import io.tidemark.api.source.ResumePoint;
import io.tidemark.engine.state.PipelineState;
import io.tidemark.engine.state.StateCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Where a source resumes for several copies that stand at different places: at the one that is
 * furthest behind. What it gives again, the others leave out.
 *
 * <p>Two kinds of tables cannot simply go on. A copy attempt that the copies hold to different
 * extents has no common place to go on from. And a copy that is new beside older ones lacks every
 * table. Such tables are handed to the source as waiting, with the number of the last attempt, so
 * that a new attempt gives all copies the same.
 */
record ResumePlan(Position position, PipelineState state) {

  /**
   * Finds the place.
   *
   * @param copies what every sink holds
   * @param returning places in that list of sinks that were left behind and lack what the source
   *     has forgotten since
   */
  static ResumePlan of(List<SinkState> copies, Set<Integer> returning) {
    List<SinkState> begun = new ArrayList<>();
    for (int i = 0; i < copies.size(); i++) {
      if (!copies.get(i).isNew() && !returning.contains(i)) {
        begun.add(copies.get(i));
      }
    }
    if (begun.isEmpty()) {
      return new ResumePlan(Position.NONE, PipelineState.EMPTY);
    }
    SinkState behind = begun.get(0);
    for (SinkState copy : begun) {
      if (behind.tidemark().covers(copy.tidemark())) {
        behind = copy;
      }
    }
    List<PipelineState> states = new ArrayList<>();
    for (SinkState copy : copies) {
      states.add(StateCodec.decode(copy.entries()));
    }
    PipelineState base = StateCodec.decode(behind.entries());
    boolean alike =
        returning.isEmpty()
            && copies.stream().map(SinkState::tidemark).distinct().count() == 1
            && states.stream().distinct().count() == 1;
    if (alike) {
      return new ResumePlan(behind.tidemark(), base);
    }
    SinkState front = begun.get(0);
    for (SinkState copy : begun) {
      if (copy.tidemark().covers(front.tidemark())) {
        front = copy;
      }
    }
    boolean joined = begun.size() < copies.size();
    SortedMap<TableName, TableState> tables =
        merge(base, StateCodec.decode(front.entries()), states, joined);
    return new ResumePlan(behind.tidemark(), base.withTables(tables));
  }

  private static SortedMap<TableName, TableState> merge(
      PipelineState behind, PipelineState front, List<PipelineState> all, boolean joined) {
    SortedMap<TableName, TableState> merged = new TreeMap<>(behind.tables());
    TreeSet<TableName> names = new TreeSet<>();
    all.forEach(state -> names.addAll(state.tables().keySet()));
    for (TableName name : names) {
      TableState base = behind.tables().get(name);
      if (base == null) {
        continue; // the source has yet to find it, for all copies anew
      }
      TableState ahead = front.tables().getOrDefault(name, base);
      if (isOut(ahead)) {
        merged.put(name, ahead);
      } else if (joined || isOut(base) || !goesOn(name, base, all)) {
        merged.put(name, anew(name, all));
      }
    }
    return merged;
  }

  private static boolean isOut(TableState state) {
    return state.phase().compareTo(Phase.MEMBER) > 0;
  }

  /** Whether what the source gives from the lowest place on completes the table in every copy. */
  private static boolean goesOn(TableName name, TableState base, List<PipelineState> all) {
    List<TableState> states =
        all.stream()
            .map(state -> Optional.ofNullable(state.tables().get(name)))
            .flatMap(Optional::stream)
            .toList();
    return switch (base.phase()) {
      case WAITING -> states.stream().allMatch(state -> state.attempt() <= base.attempt());
      case MEMBER -> states.stream().allMatch(state -> state.phase() == Phase.MEMBER);
      case CATCHING_UP ->
          states.stream()
              .allMatch(
                  state ->
                      state.attempt() == base.attempt()
                          && (state.phase() == Phase.MEMBER || state.phase() == Phase.CATCHING_UP));
      default -> false;
    };
  }

  private static TableState anew(TableName name, List<PipelineState> all) {
    int attempts =
        all.stream()
            .map(state -> state.tables().get(name))
            .filter(java.util.Objects::nonNull)
            .mapToInt(TableState::attempt)
            .max()
            .orElse(0);
    return new TableState(Phase.WAITING, attempts, Optional.empty(), 0, -1, Lsn.ZERO);
  }

  /** The same plan with tables that are copied again, as far as they are in the copies at all. */
  ResumePlan copyAnew(Set<TableName> names) {
    SortedMap<TableName, TableState> tables = new TreeMap<>(state.tables());
    for (TableName name : names) {
      TableState old = tables.get(name);
      if (old != null && !isOut(old)) {
        tables.put(name, anew(name, List.of(state)));
      }
    }
    return new ResumePlan(position, state.withTables(tables));
  }

  ResumePoint resumePoint() {
    return new ResumePoint(
        position, state.tables(), state.newestSchemas(), state.definitions(), state.notes());
  }

  @Override
  public String toString() {
    return state.tables().entrySet().stream()
        .map(entry -> entry.getKey() + " " + entry.getValue().phase().word())
        .collect(Collectors.joining(", ", position + ": ", ""));
  }
}
