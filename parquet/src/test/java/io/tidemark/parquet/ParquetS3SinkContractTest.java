package io.tidemark.parquet;

import io.tidemark.embedded.EmbeddedS3;
import io.tidemark.testkit.SinkContract;
import io.tidemark.testkit.SinkFixture;
import io.tidemark.testkit.SinkRowContract;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The contract of sinks over a lake on S3. */
class ParquetS3SinkContractTest implements SinkContract, SinkRowContract {
  private static final AtomicInteger LAKES = new AtomicInteger();

  @TempDir static Path folder;
  private static EmbeddedS3 server;

  @BeforeAll
  static void start() {
    server = EmbeddedS3.start(folder.resolve("s3"));
    server.createBucket("lake");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Override
  public SinkFixture fixture() throws Exception {
    String path = "s3://lake/pre fix/" + LAKES.incrementAndGet();
    return new LakeFixture(TestS3.config(server, path, folder), folder.resolve("cache"));
  }
}
