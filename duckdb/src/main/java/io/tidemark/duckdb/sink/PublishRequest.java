package io.tidemark.duckdb.sink;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Asks whoever writes a file to make the one for readers at every commit, not only now and then: a
 * file beside it that its sink looks for. It goes when it is closed; one that somebody has left
 * behind counts for a quarter of an hour.
 */
public final class PublishRequest implements AutoCloseable {
  private static final Duration LASTS = Duration.ofMinutes(15);

  private final DuckDbConfig config;

  private PublishRequest(DuckDbConfig config) {
    this.config = config;
  }

  /** Asks for a file. */
  public static PublishRequest to(DuckDbConfig config) {
    PublishRequest request = new PublishRequest(config);
    request.renew();
    return request;
  }

  /** Asks for a quarter of an hour more. */
  public void renew() {
    try {
      Path mark = mark(config);
      if (Files.exists(config.path()) && !Files.exists(mark)) {
        Files.createFile(mark);
      } else if (Files.exists(mark)) {
        Files.setLastModifiedTime(mark, FileTime.from(Instant.now()));
      }
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.BUSY,
          "Cannot ask for a file to read beside "
              + config.path()
              + ": "
              + e
              + ". Verify as a user who may write to its folder.",
          e);
    }
  }

  /** What is read then. */
  public List<Path> readable() {
    return config.readable();
  }

  /** Whether somebody asks now. */
  static boolean isThere(DuckDbConfig config) {
    try {
      Instant asked = Files.getLastModifiedTime(mark(config)).toInstant();
      return asked.plus(LASTS).isAfter(Instant.now());
    } catch (IOException e) {
      return false; // nobody, for all that matters
    }
  }

  private static Path mark(DuckDbConfig config) {
    Path read = config.readPath();
    return read.resolveSibling(read.getFileName() + ".wanted");
  }

  @Override
  public void close() {
    try {
      Files.deleteIfExists(mark(config));
    } catch (IOException e) {
      org.slf4j.LoggerFactory.getLogger(PublishRequest.class)
          .debug("A request to publish ends by itself later.", e);
    }
  }
}
