package io.tidemark.duckdb.sink;

import io.tidemark.testkit.SinkContract;
import io.tidemark.testkit.SinkCurrentContract;
import io.tidemark.testkit.SinkFixture;
import io.tidemark.testkit.SinkRowContract;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class DuckDbSinkContractTest implements SinkContract, SinkRowContract, SinkCurrentContract {
  @TempDir Path folder;

  @Override
  public SinkFixture fixture() throws Exception {
    return new DuckDbFixture(
        DuckDbConfig.of(Files.createTempDirectory(folder, "copy").resolve("bank.duckdb")));
  }
}
