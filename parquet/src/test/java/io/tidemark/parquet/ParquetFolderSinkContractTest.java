package io.tidemark.parquet;

import io.tidemark.testkit.SinkContract;
import io.tidemark.testkit.SinkFixture;
import io.tidemark.testkit.SinkLetterContract;
import io.tidemark.testkit.SinkRowContract;
import io.tidemark.testkit.seen.SinkSeenContract;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** The contract of sinks over a lake in a folder. */
class ParquetFolderSinkContractTest
    implements SinkContract, SinkRowContract, SinkLetterContract, SinkSeenContract {
  @TempDir Path folder;

  @Override
  public SinkFixture fixture() throws Exception {
    Path root = Files.createTempDirectory(folder, "lake");
    return new LakeFixture(ParquetConfig.of(root.toString()), folder.resolve("unused"));
  }

  @Override
  public String sinkType() {
    return "parquet";
  }
}
