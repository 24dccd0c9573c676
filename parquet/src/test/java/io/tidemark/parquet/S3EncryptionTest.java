package io.tidemark.parquet;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.tidemark.parquet.store.Exclusion;
import io.tidemark.parquet.store.ObjectStore;
import io.tidemark.parquet.store.S3Store;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever makes an object asks for its encryption. Seen from the server's side, by one that
 * answers yes to everything: the embedded one does not encrypt.
 */
class S3EncryptionTest {
  private static final String ALGORITHM = "x-amz-server-side-encryption";
  private static final String KEY = "x-amz-server-side-encryption-aws-kms-key-id";

  @TempDir Path folder;

  /** A request that makes an object. */
  private record Made(String what, String algorithm, String key) {}

  private final List<Made> made = new CopyOnWriteArrayList<>();

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange;
        InputStream body = exchange.getRequestBody()) {
      body.transferTo(java.io.OutputStream.nullOutputStream());
      Headers headers = exchange.getRequestHeaders();
      String query = String.valueOf(exchange.getRequestURI().getQuery());
      boolean begins = query.contains("uploads");
      boolean part = query.contains("partNumber");
      boolean copies = headers.containsKey("x-amz-copy-source");
      if (exchange.getRequestMethod().equals("PUT") && !part || begins) {
        made.add(
            new Made(
                begins ? "upload in parts" : copies ? "copy" : "put",
                headers.getFirst(ALGORITHM),
                headers.getFirst(KEY)));
      }
      String xml =
          begins
              ? "<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>"
              : copies
                  ? "<CopyObjectResult><ETag>e</ETag></CopyObjectResult>"
                  : query.contains("uploadId")
                      ? "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>"
                      : "";
      byte[] text = xml.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().add("ETag", "\"e\"");
      exchange.sendResponseHeaders(200, text.length == 0 ? -1 : text.length);
      exchange.getResponseBody().write(text);
    }
  }

  @Test
  void everyObjectIsMadeWithTheEncryptionThatTheConfigurationNames() throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
    ParquetConfig config =
        ParquetConfig.of(
            Map.of(
                "path", "s3://lake/bank",
                "endpoint", "http://127.0.0.1:" + server.getAddress().getPort(),
                "region", "us-east-1",
                "path-style", "true",
                "access-key", "a",
                "secret-key", "s",
                "server-side-encryption", "aws:kms",
                "kms-key", "the key"));
    try (ObjectStore store = new S3Store(config.s3(), Exclusion.STORE, folder.resolve("staging"))) {
      store.create("_tidemark/state/1.json", new byte[10]);
      store.publish(Files.write(store.staging().resolve("small.tmp"), new byte[10]), "t/small");
      store.publish(
          Files.write(store.staging().resolve("large.tmp"), new byte[33 << 20]), "t/large");
      store.copy("t/small", "t/other");
    } finally {
      server.stop(0);
    }
    assertThat(made)
        .containsExactly(
            new Made("put", "aws:kms", "the key"),
            new Made("put", "aws:kms", "the key"),
            new Made("upload in parts", "aws:kms", "the key"),
            new Made("copy", "aws:kms", "the key"));
  }
}
