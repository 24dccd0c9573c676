package io.tidemark.engine.pipeline;

import io.tidemark.api.sink.Loads;
import io.tidemark.api.sink.Upkeep;
import java.util.List;

/**
 * How a pipeline stands: what {@code status}, the control endpoint and the demo's view show. Texts
 * that have nothing to say are empty, never null. Counts are since the process started.
 *
 * @param pipeline its name
 * @param state {@code starting}, {@code running}, {@code recovering} (what went wrong may heal, it
 *     begins again with growing pauses, and nothing was committed since), {@code paused}, {@code
 *     stopping}, {@code stopped} or {@code failed}
 * @param problem what it waits for or why it failed, in words for its user
 * @param tidemark the lowest tidemark of its sinks
 * @param tidemarkAt commit time of the last transaction below the tidemark, as ISO 8601 in UTC;
 *     empty when not known
 * @param changesCaptured rows that the source has given, those of snapshots included
 * @param rowsWritten rows committed, over all sinks
 * @param files files committed, over all sinks; 0 for sinks that write none
 * @param bytes bytes committed, over all sinks
 * @param lagBytes log between the tidemark and the head of the source
 * @param lagSeconds age of the newest change known that is not committed yet; 0 when all are
 * @param schemaGrade how exactly changes of a table's form are known: {@code exact}, {@code plain},
 *     or empty while nobody has asked
 * @param slot the ladder from the source's head down to what it may forget
 * @param tables every table, by name
 * @param sinks every sink
 */
public record PipelineStatus(
    String pipeline,
    String state,
    String problem,
    String tidemark,
    String tidemarkAt,
    long changesCaptured,
    long rowsWritten,
    long files,
    long bytes,
    long lagBytes,
    double lagSeconds,
    String schemaGrade,
    Slot slot,
    List<Table> tables,
    List<SinkLine> sinks) {

  /**
   * The source's log, from its head down.
   *
   * @param connected whether changes are being read now
   * @param head end of the log, as last heard
   * @param received up to where it was read
   * @param durable up to where the source may forget
   * @param retainedBytes log that the source holds back for this pipeline; -1 when not known
   * @param overBudget whether that is more than the source's owner allows
   * @param spilledBytes bytes of unfinished transactions on local disk
   */
  public record Slot(
      boolean connected,
      String head,
      String received,
      String durable,
      long retainedBytes,
      boolean overBudget,
      long spilledBytes) {}

  /**
   * A table.
   *
   * @param name as {@code schema.table}
   * @param state the phase, in lower case with dashes
   * @param attempt number of the copy attempt
   * @param rows rows of its history committed since the process started, in the sink that has most
   * @param rowsCopied rows that the running or last copy attempt has read
   * @param rowsExpected the planner's estimate of its rows; -1 where there is none
   * @param reason why it is no member
   */
  public record Table(
      String name,
      String state,
      int attempt,
      long rows,
      long rowsCopied,
      long rowsExpected,
      String reason) {}

  /**
   * A sink.
   *
   * @param name its name in the pipeline
   * @param type the kind of destination
   * @param state {@code opening}, {@code writing} or {@code retrying}, or {@code detached} when it
   *     was left behind
   * @param problem what it waits for
   * @param tidemark what it holds
   * @param rowsTaken rows that it was given, committed or not
   * @param callSeconds how long the call has lasted in which it works now; 0 between calls
   * @param rowsWritten rows committed
   * @param files files committed; 0 where the sink writes none
   * @param bytes bytes committed
   * @param commits commits made
   * @param lastCommit time of the last one, as ISO 8601 in UTC; empty before the first
   * @param waitingBytes what waits in memory between source and sink
   * @param spilledBytes what waits on local disk between source and sink
   * @param upkeep the last work that it did beside commits
   * @param loads what its commits have cost, where the destination bills its work
   * @param deadLetters rows that it did not take and that wait
   */
  public record SinkLine(
      String name,
      String type,
      String state,
      String problem,
      String tidemark,
      long rowsTaken,
      long callSeconds,
      long rowsWritten,
      long files,
      long bytes,
      long commits,
      String lastCommit,
      long waitingBytes,
      long spilledBytes,
      Upkeep upkeep,
      Loads loads,
      long deadLetters) {}
}
