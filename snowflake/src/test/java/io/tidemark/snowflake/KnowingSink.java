package io.tidemark.snowflake;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.Capabilities;
import io.tidemark.api.sink.Commit;
import io.tidemark.api.sink.Loads;
import io.tidemark.api.sink.Sink;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.SinkState;
import io.tidemark.api.sink.Staged;
import java.util.List;
import java.util.function.Consumer;

/** A sink that tells of the forms it is prepared for, so that a reader knows what is JSON. */
record KnowingSink(Sink sink, Consumer<TableSchema> told) implements Sink {
  @Override
  public Capabilities capabilities() {
    return sink.capabilities();
  }

  @Override
  public SinkState open() throws SinkException {
    return sink.open();
  }

  @Override
  public SinkState reopen(long held) throws SinkException {
    return sink.reopen(held);
  }

  @Override
  public void prepare(TableSchema schema) throws SinkException {
    told.accept(schema);
    sink.prepare(schema);
  }

  @Override
  public void stage(ChangeBatch batch) throws SinkException {
    sink.stage(batch);
  }

  @Override
  public List<Staged> seal(Position upTo) throws SinkException {
    return sink.seal(upTo);
  }

  @Override
  public void commit(Commit commit) throws SinkException {
    sink.commit(commit);
  }

  @Override
  public Loads loads() {
    return sink.loads();
  }

  @Override
  public void close() {
    sink.close();
  }
}
