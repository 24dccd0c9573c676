package io.tidemark.embedded;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;

/**
 * An S3 server in this process, on the loopback address, that keeps its objects as files in a
 * folder: a bucket is a folder, an object a file. It checks signatures and keeps the promise of
 * {@code If-None-Match: *} under races.
 */
public final class EmbeddedS3 implements AutoCloseable {
  /** The region that clients should name. */
  public static final String REGION = "us-east-1";

  private final S3Proxy server;
  private final Path folder;
  private final String accessKey;
  private final String secretKey;

  private EmbeddedS3(S3Proxy server, Path folder, String accessKey, String secretKey) {
    this.server = server;
    this.folder = folder;
    this.accessKey = accessKey;
    this.secretKey = secretKey;
  }

  /**
   * Starts a server on a free port with new credentials.
   *
   * @param folder where the objects are kept; made if missing
   */
  public static EmbeddedS3 start(Path folder) {
    String accessKey = "tidemark" + random(4);
    String secretKey = random(20);
    try {
      Files.createDirectories(folder);
      FilesystemNio2BlobStore store =
          new FilesystemNio2BlobStore(folder.toAbsolutePath().toString());
      S3Proxy server =
          S3Proxy.builder()
              .blobStore(store)
              .endpoint(URI.create("http://127.0.0.1:0"))
              .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, accessKey, secretKey)
              .build();
      server.start();
      return new EmbeddedS3(server, folder, accessKey, secretKey);
    } catch (Exception e) { // S3Proxy declares no narrower one
      throw new EmbeddedServerException(
          "Cannot start an S3 server on " + folder + ": " + e.getMessage() + ".", e);
    }
  }

  /** Where clients connect; buckets are addressed in the path. */
  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.getPort());
  }

  /** The only key that is let in. */
  public String accessKey() {
    return accessKey;
  }

  /** The key's secret. */
  public String secretKey() {
    return secretKey;
  }

  /** Makes a bucket, if it is missing. */
  public void createBucket(String name) {
    try {
      Files.createDirectories(folder.resolve(name));
    } catch (IOException e) {
      throw new EmbeddedServerException(
          "Cannot make bucket " + name + " in " + folder + ": " + e.getMessage() + ".", e);
    }
  }

  /** Stops taking requests; the objects stay. */
  @Override
  public void close() {
    try {
      server.stop();
    } catch (Exception e) { // S3Proxy declares no narrower one
      throw new EmbeddedServerException(
          "Cannot stop the S3 server on " + folder + ": " + e.getMessage() + ".", e);
    }
  }

  private static String random(int bytes) {
    byte[] random = new byte[bytes];
    new SecureRandom().nextBytes(random);
    return HexFormat.of().formatHex(random);
  }
}
