package io.tidemark.duckdb.sink;

import io.tidemark.testkit.CopyReaderContract;
import io.tidemark.testkit.SinkContract;
import io.tidemark.testkit.SinkCurrentContract;
import io.tidemark.testkit.SinkFixture;
import io.tidemark.testkit.SinkLetterContract;
import io.tidemark.testkit.SinkRowContract;
import io.tidemark.testkit.seen.SinkSeenContract;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** What a file promises, whatever it keeps. */
class DuckDbSinkContractTest {
  @TempDir Path folder;

  private SinkFixture keeping(Keep keep, Duration publishEvery) throws Exception {
    Path file = Files.createTempDirectory(folder, "copy").resolve("bank.duckdb");
    return new DuckDbFixture(
        DuckDbConfig.of(file).keeping(keep).publishing(publishEvery, 1L << 30));
  }

  @Nested
  class Current
      implements SinkContract,
          SinkRowContract,
          SinkCurrentContract,
          SinkLetterContract,
          SinkSeenContract {
    @Override
    public String sinkType() {
      return "duckdb";
    }

    @Override
    public SinkFixture fixture() throws Exception {
      return keeping(Keep.CURRENT, Duration.ZERO);
    }
  }

  /** The rows as they are now are those that the view finds among the changes. */
  @Nested
  class Changes implements SinkContract, SinkRowContract, SinkCurrentContract, SinkLetterContract {
    @Override
    public SinkFixture fixture() throws Exception {
      return keeping(Keep.CHANGES, Duration.ZERO);
    }
  }

  @Nested
  @Tag("thorough")
  class Both implements SinkContract, SinkRowContract, SinkCurrentContract, SinkLetterContract {
    @Override
    public SinkFixture fixture() throws Exception {
      return keeping(Keep.BOTH, Duration.ZERO);
    }
  }

  @Nested
  class ReadingRows implements CopyReaderContract {
    @Override
    public SinkFixture fixture() throws Exception {
      return keeping(Keep.CURRENT, Duration.ofNanos(1));
    }
  }

  @Nested
  class ReadingChanges implements CopyReaderContract {
    @Override
    public SinkFixture fixture() throws Exception {
      return keeping(Keep.CHANGES, Duration.ofNanos(1));
    }
  }
}
