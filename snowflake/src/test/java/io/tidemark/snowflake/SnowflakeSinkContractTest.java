package io.tidemark.snowflake;

import io.tidemark.testkit.SinkContract;
import io.tidemark.testkit.SinkCurrentContract;
import io.tidemark.testkit.SinkFixture;
import io.tidemark.testkit.SinkLetterContract;
import io.tidemark.testkit.SinkRowContract;
import io.tidemark.testkit.seen.SinkSeenContract;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** The contract, over the SQL of this module as DuckDB understands it. */
class SnowflakeSinkContractTest
    implements SinkContract,
        SinkRowContract,
        SinkCurrentContract,
        SinkLetterContract,
        SinkSeenContract {
  @TempDir Path folder;

  @Override
  public SinkFixture fixture() throws Exception {
    return new StandInFixture(Files.createTempDirectory(folder, "account"));
  }

  @Override
  public String sinkType() {
    return "snowflake";
  }
}
