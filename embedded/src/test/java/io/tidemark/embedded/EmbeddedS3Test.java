package io.tidemark.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Exception;

class EmbeddedS3Test {
  @TempDir Path folder;

  @Test
  void keepsObjectsAsFilesAndTellsThemAgainAfterARestart() {
    try (EmbeddedS3 s3 = EmbeddedS3.start(folder);
        S3Client client = client(s3, s3.secretKey())) {
      s3.createBucket("lake");
      put(client, "a/b.txt", "content");
      assertThat(folder.resolve("lake/a/b.txt")).hasContent("content");
    }
    try (EmbeddedS3 s3 = EmbeddedS3.start(folder);
        S3Client client = client(s3, s3.secretKey())) {
      s3.createBucket("lake");
      assertThat(client.getObjectAsBytes(get -> get.bucket("lake").key("a/b.txt")).asUtf8String())
          .isEqualTo("content");
      assertThat(client.listObjectsV2(list -> list.bucket("lake").prefix("a/")).contents())
          .extracting(object -> object.key())
          .containsExactly("a/b.txt");
    }
  }

  @Test
  void refusesAWrongSignature() {
    try (EmbeddedS3 s3 = EmbeddedS3.start(folder);
        S3Client client = client(s3, "not the secret")) {
      s3.createBucket("lake");
      assertThatThrownBy(() -> put(client, "a", "b"))
          .isInstanceOfSatisfying(
              S3Exception.class, e -> assertThat(e.statusCode()).isEqualTo(403));
    }
  }

  @Test
  void letsOneOfManyCreateAnObject() throws Exception {
    try (EmbeddedS3 s3 = EmbeddedS3.start(folder);
        S3Client client = client(s3, s3.secretKey())) {
      s3.createBucket("lake");
      ExecutorService racers = Executors.newFixedThreadPool(16);
      List<Callable<Integer>> tries =
          IntStream.range(0, 16).<Callable<Integer>>mapToObj(i -> () -> create(client, i)).toList();
      int winners = 0;
      for (Future<Integer> result : racers.invokeAll(tries)) {
        if (result.get() == 200) {
          winners++;
        } else {
          assertThat(result.get()).isIn(409, 412);
        }
      }
      racers.shutdown();
      assertThat(winners).isEqualTo(1);
    }
  }

  private static int create(S3Client client, int racer) {
    try {
      client.putObject(
          put -> put.bucket("lake").key("one").ifNoneMatch("*"),
          RequestBody.fromString("racer " + racer));
      return 200;
    } catch (S3Exception e) {
      return e.statusCode();
    }
  }

  private static void put(S3Client client, String key, String content) {
    client.putObject(put -> put.bucket("lake").key(key), RequestBody.fromString(content));
  }

  private static S3Client client(EmbeddedS3 s3, String secret) {
    return S3Client.builder()
        .endpointOverride(s3.endpoint())
        .region(Region.of(EmbeddedS3.REGION))
        .forcePathStyle(true)
        .httpClient(UrlConnectionHttpClient.create())
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create(s3.accessKey(), secret)))
        .build();
  }
}
