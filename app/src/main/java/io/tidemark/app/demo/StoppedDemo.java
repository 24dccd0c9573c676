package io.tidemark.app.demo;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.embedded.EmbeddedS3;
import io.tidemark.parquet.ParquetConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * The S3 server of a demo that does not run: it was part of the demo, so whoever reads the copy
 * starts it again.
 */
public final class StoppedDemo implements AutoCloseable {
  private final ParquetConfig lake;
  private final Optional<EmbeddedS3> server;

  private StoppedDemo(ParquetConfig lake, Optional<EmbeddedS3> server) {
    this.lake = lake;
    this.server = server;
  }

  /**
   * Makes a lake reachable.
   *
   * @param config the configuration file that names the lake; nothing is done where that is no
   *     demo's with a lake on S3, or the demo runs
   */
  public static StoppedDemo wake(Path config, ParquetConfig lake) {
    Path folder = config.toAbsolutePath().getParent();
    boolean ofDemo = Files.exists(folder.resolve("demo.lock")) && lake.path().startsWith("s3://");
    if (!ofDemo || isRunning(folder)) {
      return new StoppedDemo(lake, Optional.empty());
    }
    EmbeddedS3 server = EmbeddedS3.start(folder.resolve("s3"));
    ParquetConfig reached =
        ParquetConfig.of(
            Map.of(
                "path", lake.path(),
                "endpoint", server.endpoint().toString(),
                "region", EmbeddedS3.REGION,
                "path-style", "true",
                "access-key", server.accessKey(),
                "secret-key", server.secretKey()));
    return new StoppedDemo(reached, Optional.of(server));
  }

  static boolean isRunning(Path folder) {
    try (DemoFolder free = DemoFolder.open(folder)) {
      return false;
    } catch (TidemarkException e) {
      return true;
    }
  }

  /** The lake, as it can be reached now. */
  public ParquetConfig lake() {
    return lake;
  }

  @Override
  public void close() {
    server.ifPresent(EmbeddedS3::close);
  }
}
