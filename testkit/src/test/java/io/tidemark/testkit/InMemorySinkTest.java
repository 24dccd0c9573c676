package io.tidemark.testkit;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.Sink;
import java.util.List;
import java.util.Optional;

class InMemorySinkTest
    implements SinkContract, SinkRowContract, SinkCurrentContract, SinkLetterContract {
  @Override
  public SinkFixture fixture() {
    MemoryDestination destination = new MemoryDestination();
    return new SinkFixture() {
      @Override
      public Sink newSink() {
        return new InMemorySink(destination);
      }

      @Override
      public Optional<List<CommittedRow>> history(TableName table) {
        return Optional.of(destination.rows(table));
      }

      @Override
      public Optional<TableSchema> refusedForm() {
        return Optional.of(
            Form.of("public.odd").column(InMemorySink.REFUSED_COLUMN, Form.TEXT).schema());
      }

      @Override
      public Optional<ChangeBatch> refusedRows() {
        return Optional.of(
            Batches.of(SinkContract.ITEMS)
                .at(100)
                .insert(7L, "good")
                .insert(8L, InMemorySink.REFUSED_TEXT)
                .batch());
      }

      @Override
      public void close() {}
    };
  }
}
