package io.tidemark.app.demo;

import io.tidemark.app.demo.DemoOptions.Kind;
import io.tidemark.embedded.EmbeddedS3;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The configuration file of a demo, which every other command can be pointed to. */
final class DemoConfig {
  static final String BUCKET = "lake";
  private static final String SLOT = "tidemark_demo";

  private DemoConfig() {}

  /**
   * @param url of the bank
   * @param copyUrl of the database that a copy in a PostgreSQL is made in
   * @param s3 the server that Parquet files go to; empty for a folder
   */
  static String of(
      DemoFolder folder, String url, String copyUrl, DemoOptions options, Optional<EmbeddedS3> s3) {
    // each choice of copies needs the log from where it ended itself
    String slot = SLOT + (s3.isPresent() ? "_s3" : "");
    if (!options.copies().equals(List.of(Kind.PARQUET))) {
      slot +=
          options.copies().stream().map(kind -> "_" + kind.word()).collect(Collectors.joining());
    }
    StringBuilder text = new StringBuilder(pipeline(folder, url, options.schema(), slot));
    for (Kind kind : options.copies()) {
      text.append("  - type: ").append(kind.word()).append('\n');
      text.append(
          switch (kind) {
            case PARQUET ->
                s3.map(DemoConfig::inBucket).orElseGet(() -> path(folder.lake().toString()));
            case DUCKDB -> path(folder.duckdb().toString()) + "    publish-every: 10s\n";
            case POSTGRES -> database(copyUrl, options);
          });
    }
    return text.toString();
  }

  /** In a database of the user's, schemas of the demo's own beside the bank's. */
  private static String database(String url, DemoOptions options) {
    String schema = DemoOptions.SCHEMA;
    return "    url: "
        + quoted(url)
        + "\n"
        + (options.source().isPresent()
            ? "    schemas: {%s: %s_copy}\n    state-schema: %s_state\n"
                .formatted(schema, schema, schema)
            : "");
  }

  private static String path(String path) {
    return "    path: " + quoted(path) + "\n";
  }

  private static String inBucket(EmbeddedS3 s3) {
    return "    path: s3://"
        + BUCKET
        + "/demo\n    endpoint: "
        + s3.endpoint()
        + "\n    region: "
        + EmbeddedS3.REGION
        + "\n    path-style: true\n    access-key: "
        + s3.accessKey()
        + "\n    secret-key: "
        + s3.secretKey()
        + "\n";
  }

  private static String pipeline(DemoFolder folder, String url, String schema, String slot) {
    return """
        # Written by 'tidemark demo' each time it starts. It works with the other commands too:
        #   tidemark run|status|query|drop with this file as its configuration
        name: demo
        data-dir: %s
        flush.interval: 2s
        source:
          type: postgres
          url: %s
          slot: %s
          tables.include: ["%s.*"]
          stream.spill-dir: %s
        sinks:
        """
        .formatted(
            quoted(folder.root().toString()),
            quoted(url),
            slot,
            schema,
            quoted(folder.root().resolve("stream-spill").toString()));
  }

  private static String quoted(String text) {
    return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }
}
