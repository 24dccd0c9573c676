package io.tidemark.app.kill;

import io.tidemark.embedded.EmbeddedS3;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the copies of a run go. An S3 server is one of the test's own process, which outlives the
 * pipeline's.
 */
final class Destinations implements AutoCloseable {
  private static final String BUCKET = "lake";

  private final Path folder;
  private final Scene.Copies copies;
  private final Optional<EmbeddedS3> s3;

  private Destinations(Path folder, Scene.Copies copies, Optional<EmbeddedS3> s3) {
    this.folder = folder;
    this.copies = copies;
    this.s3 = s3;
  }

  static Destinations begin(Path folder, Scene.Choice choice) {
    Optional<EmbeddedS3> s3 = Optional.empty();
    if (choice.store() == Scene.Store.S3) {
      s3 = Optional.of(EmbeddedS3.start(folder.resolve("s3")));
      s3.get().createBucket(BUCKET);
    }
    return new Destinations(folder, choice.copies(), s3);
  }

  /**
   * The sinks as the configuration has them. The file comes first: its lock refuses another process
   * before that has taken the lake.
   */
  String yaml() {
    return "sinks:\n" + (copies == Scene.Copies.LAKE ? "" : file()) + lake();
  }

  private String file() {
    return """
      - type: duckdb
        path: %s
        memory-limit: 512MiB
        publish-every: 2s
    """
        .formatted(folder.resolve("rows.duckdb"));
  }

  private String lake() {
    return s3.map(
            server ->
                """
                  - type: parquet
                    path: s3://%s/kill
                    endpoint: %s
                    region: %s
                    path-style: true
                    access-key: %s
                    secret-key: %s
                """
                    .formatted(
                        BUCKET,
                        server.endpoint(),
                        EmbeddedS3.REGION,
                        server.accessKey(),
                        server.secretKey()))
        .orElseGet(
            () ->
                """
                  - type: parquet
                    path: %s
                """
                    .formatted(folder.resolve("lake")));
  }

  @Override
  public void close() {
    s3.ifPresent(EmbeddedS3::close);
  }
}
