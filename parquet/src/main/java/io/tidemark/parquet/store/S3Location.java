package io.tidemark.parquet.store;

import java.net.URI;
import java.util.Optional;

/**
 * Where in S3 a store lives, and how it is reached.
 *
 * @param bucket the bucket, which exists
 * @param prefix of all keys, without a slash at its ends; empty for the whole bucket
 * @param endpoint URL of a store that is not AWS
 * @param region empty for the one of the environment, else us-east-1
 * @param pathStyle whether the bucket is named in the path instead of the host
 * @param credentials empty for the usual chain of AWS
 * @param encryption value of {@code x-amz-server-side-encryption}; empty for the bucket's own
 * @param kmsKey key for encryption by KMS; empty for the account's own
 */
public record S3Location(
    String bucket,
    String prefix,
    Optional<URI> endpoint,
    Optional<String> region,
    boolean pathStyle,
    Optional<S3Credentials> credentials,
    Optional<String> encryption,
    Optional<String> kmsKey) {

  /** A bucket of AWS with everything at its default, {@code s3://bucket/prefix}. */
  public static S3Location of(String url) {
    String path = url.substring("s3://".length());
    int slash = path.indexOf('/');
    String prefix = slash < 0 ? "" : path.substring(slash + 1);
    return new S3Location(
        slash < 0 ? path : path.substring(0, slash),
        prefix.replaceAll("^/+|/+$", ""),
        Optional.empty(),
        Optional.empty(),
        false,
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  /** The URL of the place. */
  public String url() {
    return "s3://" + bucket + (prefix.isEmpty() ? "" : "/" + prefix);
  }

  /**
   * Keys of an account.
   *
   * @param sessionToken of temporary keys
   */
  public record S3Credentials(String accessKey, String secretKey, Optional<String> sessionToken) {
    @Override
    public String toString() {
      return "S3Credentials[hidden]";
    }
  }
}
