package io.tidemark.parquet;

import io.tidemark.embedded.EmbeddedS3;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** Lakes on the S3 server of a test. */
final class TestS3 {
  private TestS3() {}

  static ParquetConfig config(EmbeddedS3 server, String path, Path folder) {
    return ParquetConfig.of(options(server, path, folder));
  }

  static Map<String, String> options(EmbeddedS3 server, String path, Path folder) {
    return new TreeMap<>(
        Map.of(
            "path", path,
            "endpoint", server.endpoint().toString(),
            "region", EmbeddedS3.REGION,
            "path-style", "true",
            "access-key", server.accessKey(),
            "secret-key", server.secretKey(),
            "staging-path", folder.resolve("staging").toString()));
  }
}
