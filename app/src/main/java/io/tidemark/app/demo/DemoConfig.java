package io.tidemark.app.demo;

import io.tidemark.embedded.EmbeddedS3;

/** The configuration file of a demo, which every other command can be pointed to. */
final class DemoConfig {
  static final String BUCKET = "lake";
  private static final String SLOT = "tidemark_demo";

  private DemoConfig() {}

  static String ofFolder(DemoFolder folder, String url, String schema) {
    return pipeline(folder, url, schema, SLOT)
        + "    path: "
        + quoted(folder.lake().toString())
        + "\n";
  }

  static String ofS3(DemoFolder folder, String url, String schema, EmbeddedS3 s3) {
    // each copy needs the log from where it ended itself
    return pipeline(folder, url, schema, SLOT + "_s3")
        + "    path: s3://"
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
          - type: parquet
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
