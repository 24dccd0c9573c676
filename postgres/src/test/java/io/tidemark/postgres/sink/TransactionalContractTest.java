package io.tidemark.postgres.sink;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.sink.SinkException;
import io.tidemark.embedded.Version;
import io.tidemark.postgres.sink.PostgresSinkConfig.Apply;
import io.tidemark.testkit.SinkContract;
import io.tidemark.testkit.SinkCurrentContract;
import io.tidemark.testkit.SinkFixture;
import io.tidemark.testkit.SinkRowContract;
import io.tidemark.testkit.SinkSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

@Tag("thorough")
class TransactionalContractTest implements SinkContract, SinkRowContract, SinkCurrentContract {
  @RegisterExtension static final SinkServer SERVER = new SinkServer(Version.V15);

  @Override
  public SinkFixture fixture() throws Exception {
    return SERVER.empty(SERVER.config().applying(Apply.TRANSACTIONAL));
  }

  /** Small batches wait for the commit, which finds the row then. */
  @Test
  @Override
  public void rowsThatCannotBeWrittenAreRejectedWithTheirWholeBatch() throws Exception {
    try (SinkFixture destination = fixture();
        SinkSession session = SinkSession.open(destination)) {
      ChangeBatch refused = destination.refusedRows().orElseThrow();
      session.stage(refused);
      assertThatThrownBy(() -> session.flush(510)).isInstanceOf(SinkException.RowsRejected.class);
    }
  }
}
