package io.tidemark.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.embedded.EmbeddedS3;
import io.tidemark.parquet.state.DataFiles;
import io.tidemark.parquet.store.Exclusion;
import io.tidemark.parquet.store.ObjectStore;
import io.tidemark.parquet.store.S3Store;
import io.tidemark.parquet.store.StoreException;
import io.tidemark.parquet.store.StoredObject;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** A prefix of a bucket as a store. */
class S3StoreTest {
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

  private static ObjectStore store(String prefix) {
    ParquetConfig config = TestS3.config(server, "s3://lake/" + prefix, folder);
    return new S3Store(config.s3(), Exclusion.STORE, folder.resolve("staging-" + prefix));
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void ofManyThatCreateAnObjectOneWins() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try (ObjectStore store = store("race")) {
      for (int round = 0; round < 5; round++) {
        String key = "state/" + round;
        List<Future<Boolean>> creations = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
          byte[] content = text("writer " + i);
          creations.add(threads.submit(() -> store.create(key, content)));
        }
        int won = -1;
        for (int i = 0; i < 8; i++) {
          if (creations.get(i).get()) {
            assertThat(won).isEqualTo(-1);
            won = i;
          }
        }
        assertThat(store.read(key)).contains(text("writer " + won));
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void objectsAreListedInOrderWithinTheirPrefix() throws Exception {
    try (ObjectStore store = store("list");
        ObjectStore neighbour = store("list2")) {
      assertThat(store.list("", "")).isEmpty();
      assertThat(store.read("nothing")).isEmpty();
      assertThat(store.fetch("nothing", folder.resolve("nothing"))).isFalse();
      neighbour.create("other", text("x"));
      for (String key : List.of("b", "a/2", "a/10", "odd name/\u00e4+%25=.json")) {
        assertThat(store.create(key, text(key))).isTrue();
      }
      assertThat(store.list("", "").stream().map(StoredObject::key))
          .containsExactly("a/10", "a/2", "b", "odd name/\u00e4+%25=.json");
      assertThat(store.list("a/", "a/10").stream().map(StoredObject::key)).containsExactly("a/2");
      assertThat(store.read("odd name/\u00e4+%25=.json"))
          .contains(text("odd name/\u00e4+%25=.json"));
      store.delete(List.of("b", "a/2", "never"));
      assertThat(store.list("", "")).hasSize(2);
    }
  }

  @Test
  void largeFilesGoUpInPartsAndUnfinishedUploadsAreEnded() throws Exception {
    byte[] content = new byte[40 << 20];
    new Random(3).nextBytes(content);
    try (ObjectStore store = store("large")) {
      Path file = Files.write(store.staging().resolve("file.tmp"), content);
      store.publish(file, "t/large.parquet");
      assertThat(file).doesNotExist();
      Path back = folder.resolve("back");
      assertThat(store.fetch("t/large.parquet", back)).isTrue();
      assertThat(Files.mismatch(back, Files.write(folder.resolve("sent"), content))).isEqualTo(-1);

      String left = "large/t/t_010203000000_00000000000000FF_3000000.parquet";
      try (S3Client client = client()) {
        client.createMultipartUpload(r -> r.bucket("lake").key(left));
        client.createMultipartUpload(r -> r.bucket("lake").key("large/t/foreign.parquet"));
        client.createMultipartUpload(r -> r.bucket("lake").key("elsewhere/left.parquet"));
        Files.writeString(store.staging().resolve("4-left.tmp"), "left");
        Files.writeString(store.staging().resolve("5-own.tmp"), "still needed");
        store.sweep(5, DataFiles::isName);
        assertThat(client.listMultipartUploads(r -> r.bucket("lake")).uploads())
            .extracting(upload -> upload.key())
            .contains("large/t/foreign.parquet")
            .doesNotContain(left);
        assertThat(store.staging())
            .isDirectoryContaining("glob:**5-*")
            .isDirectoryNotContaining("glob:**4-*");
      }
    }
  }

  private static S3Client client() {
    return S3Client.builder()
        .httpClientBuilder(UrlConnectionHttpClient.builder())
        .endpointOverride(server.endpoint())
        .region(Region.of(EmbeddedS3.REGION))
        .forcePathStyle(true)
        .credentialsProvider(
            StaticCredentialsProvider.create(
                AwsBasicCredentials.create(server.accessKey(), server.secretKey())))
        .build();
  }

  @Test
  void aMissingBucketAndWrongKeysStopThePipelineWithWhatToDo() {
    Map<String, String> options = TestS3.options(server, "s3://nowhere/x", folder);
    try (ParquetSink sink = new ParquetSink(ParquetConfig.of(options))) {
      assertThatThrownBy(sink::open)
          .isInstanceOf(TidemarkException.class)
          .hasMessageContaining("status 404 NoSuchBucket")
          .hasMessageEndingWith("Look at the name of the bucket, the keys and their rights.");
    }
    Map<String, String> wrong = new TreeMap<>(TestS3.options(server, "s3://lake/x", folder));
    wrong.put("secret-key", "wrong");
    try (ParquetSink sink = new ParquetSink(ParquetConfig.of(wrong))) {
      assertThatThrownBy(sink::open)
          .isInstanceOf(TidemarkException.class)
          .hasMessageContaining("status 403 SignatureDoesNotMatch");
    }
  }

  @Test
  void aStoreThatDoesNotAnswerIsTriedAgainByTheEngine() {
    Map<String, String> options = new TreeMap<>(TestS3.options(server, "s3://lake/x", folder));
    options.put("endpoint", URI.create("http://127.0.0.1:1").toString());
    ParquetConfig config = ParquetConfig.of(options);
    try (ObjectStore store =
        new S3Store(config.s3(), Exclusion.STORE, folder.resolve("staging-none"))) {
      assertThatThrownBy(() -> store.create("a", text("b")))
          .isInstanceOf(StoreException.class)
          .extracting(e -> ((StoreException) e).outcome())
          .isEqualTo(StoreException.Outcome.UNKNOWN);
    }
  }

  @Test
  void secretsAreNotShown() {
    ParquetConfig config = TestS3.config(server, "s3://lake/x", folder);
    assertThat(config.toString()).doesNotContain(server.secretKey());
  }
}
