package io.tidemark.testkit;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.Capabilities;
import io.tidemark.api.sink.Commit;
import io.tidemark.api.sink.Sink;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.SinkState;
import io.tidemark.api.sink.Staged;
import io.tidemark.testkit.MemoryDestination.Step;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A sink that keeps everything in a {@link MemoryDestination}. The plainest implementation of the
 * contract: it shows what the words mean, and lets tests of the engine look and strike at every
 * step. It refuses tables with a column named {@value #REFUSED_COLUMN}, and rows with the text
 * {@value #REFUSED_TEXT}.
 */
public final class InMemorySink implements Sink {
  /** A table with a column of this name is refused. */
  public static final String REFUSED_COLUMN = "refused";

  /** A row with this text in any column is refused. */
  public static final String REFUSED_TEXT = "unwritable";

  private final MemoryDestination destination;
  private final Capabilities capabilities;
  private final Map<TableName, TableSchema> prepared = new HashMap<>();
  private final List<ChangeBatch> staged = new ArrayList<>();
  private long epoch;

  public InMemorySink(MemoryDestination destination) {
    this(destination, new Capabilities(true, false, false));
  }

  /** A sink that declares other capabilities. */
  public InMemorySink(MemoryDestination destination, Capabilities capabilities) {
    this.destination = destination;
    this.capabilities = capabilities;
  }

  @Override
  public Capabilities capabilities() {
    return capabilities;
  }

  @Override
  public SinkState open() throws SinkException {
    destination.strike(Step.OPEN);
    SinkState state = destination.claim();
    epoch = state.epoch();
    return state;
  }

  @Override
  public SinkState reopen(long held) throws SinkException {
    destination.strike(Step.OPEN);
    SinkState state = destination.claimAgain(held);
    epoch = state.epoch();
    return state;
  }

  @Override
  public void prepare(TableSchema schema) throws SinkException {
    destination.strike(Step.PREPARE);
    for (Column column : schema.columns()) {
      if (column.name().equals(REFUSED_COLUMN)) {
        throw new SinkException.Rejected(
            schema.name(),
            "Cannot hold table "
                + schema.name()
                + ": it has a column named "
                + REFUSED_COLUMN
                + ". Rename the column.",
            null);
      }
    }
    prepared.put(schema.name(), schema);
  }

  @Override
  public void stage(ChangeBatch batch) throws SinkException {
    destination.strike(Step.STAGE);
    if (!batch.schema().equals(prepared.get(batch.table()))) {
      throw new IllegalStateException(
          "Cannot stage rows of " + batch.table() + ": its form was not prepared.");
    }
    for (CommittedRow row : CommittedRow.of(batch)) {
      if (destination.refuses() && row.values().containsValue(REFUSED_TEXT)) {
        throw new SinkException.Rejected(
            batch.table(),
            "Cannot write a row of " + batch.table() + ": the destination refuses it.",
            null);
      }
    }
    staged.add(batch);
  }

  @Override
  public List<Staged> seal(Position upTo) throws SinkException {
    destination.strike(Step.SEAL);
    Map<TableName, List<ChangeBatch>> byTable = new LinkedHashMap<>();
    for (ChangeBatch batch : staged) {
      byTable.computeIfAbsent(batch.table(), table -> new ArrayList<>()).add(batch);
    }
    List<Staged> pieces = new ArrayList<>();
    byTable.forEach((table, batches) -> pieces.add(destination.seal(table, batches)));
    staged.clear();
    return pieces;
  }

  @Override
  public void commit(Commit commit) throws SinkException {
    destination.strike(Step.COMMIT);
    destination.commit(epoch, commit, prepared);
    destination.strike(Step.COMMITTED);
  }

  @Override
  public void close() {
    staged.clear();
  }
}
