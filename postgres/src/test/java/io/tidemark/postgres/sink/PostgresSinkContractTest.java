package io.tidemark.postgres.sink;

import io.tidemark.embedded.Version;
import io.tidemark.testkit.CopyReaderContract;
import io.tidemark.testkit.SinkContract;
import io.tidemark.testkit.SinkCurrentContract;
import io.tidemark.testkit.SinkFixture;
import io.tidemark.testkit.SinkLetterContract;
import io.tidemark.testkit.SinkRowContract;
import io.tidemark.testkit.seen.SinkSeenContract;
import org.junit.jupiter.api.extension.RegisterExtension;

class PostgresSinkContractTest
    implements SinkContract,
        SinkRowContract,
        SinkCurrentContract,
        SinkLetterContract,
        SinkSeenContract,
        CopyReaderContract {
  @RegisterExtension static final SinkServer SERVER = new SinkServer(Version.V18);

  @Override
  public SinkFixture fixture() throws Exception {
    return SERVER.empty();
  }

  @Override
  public String sinkType() {
    return "postgres";
  }
}
