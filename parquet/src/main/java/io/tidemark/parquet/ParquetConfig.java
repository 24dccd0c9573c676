package io.tidemark.parquet;

import io.tidemark.api.config.ComponentSpec;
import io.tidemark.api.config.Option;
import io.tidemark.api.config.OptionType;
import io.tidemark.api.config.Settings;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.parquet.store.S3Location;
import io.tidemark.parquet.store.S3Location.S3Credentials;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a Parquet lake can be told.
 *
 * @param path a folder, or {@code s3://bucket/prefix}
 * @param s3 where in S3, and how to reach it; of no meaning for a folder
 * @param layout where files go and how they are named
 * @param rowGroupBytes memory of rows after which they are encoded
 * @param targetFileBytes length after which a file ends; also what joining small files aims at
 * @param compressionLevel zstd's level
 * @param singleWriter whether the user guarantees that there is one writer, for stores that cannot
 *     keep two apart
 * @param checkpointEvery commits after which a state object carries the whole state
 * @param retainTidemarks commits that can still be read as of
 * @param compact whether small files are joined while the pipeline runs
 * @param staging local folder for files on their way to S3; empty for one below the system's
 *     temporary folder
 */
public record ParquetConfig(
    String path,
    S3Location s3,
    LakeLayout layout,
    long rowGroupBytes,
    long targetFileBytes,
    int compressionLevel,
    boolean singleWriter,
    int checkpointEvery,
    long retainTidemarks,
    boolean compact,
    Optional<Path> staging) {
  /** How long files that were joined or rewritten stay for readers that have begun. */
  static final Duration GRACE = Duration.ofMinutes(15);

  private static final Option<String> PATH =
      Option.required(
          "path",
          OptionType.TEXT,
          "Where the lake lives: a folder, or s3://bucket/prefix.",
          "s3://lake/bank");
  private static final Option<String> ENDPOINT =
      Option.optional(
          "endpoint",
          OptionType.TEXT,
          "URL of an S3 store that is not AWS.",
          "http://127.0.0.1:9000");
  private static final Option<String> REGION =
      Option.optional(
          "region",
          OptionType.TEXT,
          "Region of the bucket; without it the one of the environment, else us-east-1.",
          "eu-central-1");
  private static final Option<Boolean> PATH_STYLE =
      Option.of(
          "path-style",
          OptionType.SWITCH,
          "false",
          "Whether the bucket is named in the path instead of the host, as MinIO needs it.");
  private static final Option<String> ACCESS_KEY =
      Option.optional(
              "access-key",
              OptionType.TEXT,
              "Access key id; without it the usual chain of AWS (environment, profile, role).",
              "${env:AWS_ACCESS_KEY_ID}")
          .asSecret();
  private static final Option<String> SECRET_KEY =
      Option.optional(
              "secret-key",
              OptionType.TEXT,
              "Secret access key that belongs to access-key.",
              "${env:AWS_SECRET_ACCESS_KEY}")
          .asSecret();
  private static final Option<String> SESSION_TOKEN =
      Option.optional(
              "session-token",
              OptionType.TEXT,
              "Session token of temporary credentials.",
              "${env:AWS_SESSION_TOKEN}")
          .asSecret();
  private static final Option<String> ENCRYPTION =
      Option.optional(
          "server-side-encryption",
          OptionType.TEXT,
          "How S3 encrypts: AES256, aws:kms or aws:kms:dsse; without it as the bucket says.",
          "aws:kms");
  private static final Option<String> KMS_KEY =
      Option.optional(
          "kms-key",
          OptionType.TEXT,
          "Key for server-side-encryption: aws:kms; without it the account's own.",
          "arn:aws:kms:eu-central-1:111122223333:key/1234abcd");
  private static final Option<String> PARTITION_COLUMN =
      Option.of(
          "partition-column",
          OptionType.TEXT,
          "date",
          "Name of the partition in the path; its value is the UTC date of the commit.");
  private static final Option<String> FILE_TEMPLATE =
      Option.of(
          "file-template",
          OptionType.TEXT,
          LakeLayout.STANDARD,
          "Names of files below the path, from {table}, {partition} (column=date), {date}, {time}"
              + " (of the last commit in it), {lsn} and {part}; must end in _{lsn}_{part}.parquet.");
  private static final Option<Long> ROW_GROUP_BYTES =
      Option.of(
          "row-group-bytes",
          OptionType.SIZE,
          "64MiB",
          "Memory of rows, over all tables, after which rows are encoded to a local file.");
  private static final Option<Long> TARGET_FILE_BYTES =
      Option.of(
          "target-file-bytes",
          OptionType.SIZE,
          "256MiB",
          "Length after which a file ends and another begins; small files are joined up to it.");
  private static final Option<Long> COMPRESSION_LEVEL =
      Option.of(
          "compression-level", OptionType.NUMBER, "1", "Level of zstd, 1 (fast) to 19 (small).");
  private static final Option<Boolean> SINGLE_WRITER =
      Option.of(
          "single-writer",
          OptionType.SWITCH,
          "false",
          "Your guarantee that there is never a second writer; only for stores that cannot refuse"
              + " to create an object twice.");
  private static final Option<Long> CHECKPOINT_EVERY =
      Option.of(
          "checkpoint-every",
          OptionType.NUMBER,
          "100",
          "Commits after which a state object carries the whole state, so that readers begin"
              + " there.");
  private static final Option<Long> RETAIN_TIDEMARKS =
      Option.of(
          "retain-tidemarks",
          OptionType.NUMBER,
          "10000",
          "Number of commits that stay readable with --as-of.");
  private static final Option<Boolean> COMPACT =
      Option.of(
          "compact",
          OptionType.SWITCH,
          "true",
          "Whether small files are joined while the pipeline runs. Joined files lie aside until the"
              + " small ones are no longer needed for earlier tidemarks, so readers that only list"
              + " files see each row once.");
  private static final Option<String> STAGING =
      Option.optional(
          "staging-path",
          OptionType.TEXT,
          "Local folder for files on their way to S3; without it one below the system's temporary"
              + " folder.",
          "/var/lib/tidemark/staging");

  /** What may be written in a configuration file. */
  public static final ComponentSpec SPEC =
      new ComponentSpec(
          "sink",
          "parquet",
          "Parquet files in a folder or on S3, exactly once.",
          List.of(
              PATH,
              ENDPOINT,
              REGION,
              PATH_STYLE,
              ACCESS_KEY,
              SECRET_KEY,
              SESSION_TOKEN,
              ENCRYPTION,
              KMS_KEY,
              PARTITION_COLUMN,
              FILE_TEMPLATE,
              ROW_GROUP_BYTES,
              TARGET_FILE_BYTES,
              COMPRESSION_LEVEL,
              SINGLE_WRITER,
              CHECKPOINT_EVERY,
              RETAIN_TIDEMARKS,
              COMPACT,
              STAGING));

  /** What options by name say, all well formed; the others are at their defaults. */
  public static ParquetConfig of(Map<String, String> options) {
    List<String> problems = new ArrayList<>();
    Settings settings = Settings.read(SPEC, Map.copyOf(options), "parquet", problems);
    ParquetConfig config = from(settings, "parquet", problems);
    if (!problems.isEmpty()) {
      throw new TidemarkException(
          ErrorCode.CONFIGURATION,
          "Cannot use this lake: " + String.join(" ", problems) + " Mend the configuration.");
    }
    return config;
  }

  /** Everything at its default but the place. */
  public static ParquetConfig of(String path) {
    return of(Map.of(PATH.name(), path));
  }

  /**
   * Reads what a user wrote.
   *
   * @param where how messages name the place
   * @param problems takes what does not hold together
   */
  public static ParquetConfig from(Settings settings, String where, List<String> problems) {
    range(settings, COMPRESSION_LEVEL, 1, 19, where, problems);
    range(settings, ROW_GROUP_BYTES, 1 << 20, 1 << 30, where, problems);
    range(settings, TARGET_FILE_BYTES, 1 << 16, 1L << 40, where, problems);
    range(settings, CHECKPOINT_EVERY, 1, 100_000, where, problems);
    range(settings, RETAIN_TIDEMARKS, 1, 10_000_000, where, problems);
    if (settings.find(ACCESS_KEY).isPresent() != settings.find(SECRET_KEY).isPresent()) {
      problems.add(where + ": access-key and secret-key go together, one of them is missing.");
    }
    String path = settings.find(PATH).orElse("");
    if ((path.contains("://") || path.startsWith("s3:")) && !path.matches("s3://[^/]+(/.*)?")) {
      problems.add(where + ".path: expected a folder or s3://bucket/prefix, got '" + path + "'.");
    }
    settings
        .find(ENDPOINT)
        .filter(endpoint -> !endpoint.matches("https?://[^\\s/]+(/\\S*)?"))
        .ifPresent(
            endpoint ->
                problems.add(
                    where
                        + ".endpoint: expected a URL such as http://127.0.0.1:9000, got '"
                        + endpoint
                        + "'."));
    return new ParquetConfig(
        path,
        s3(path, settings),
        LakeLayout.read(
            value(settings, FILE_TEMPLATE), value(settings, PARTITION_COLUMN), where, problems),
        value(settings, ROW_GROUP_BYTES),
        value(settings, TARGET_FILE_BYTES),
        value(settings, COMPRESSION_LEVEL).intValue(),
        value(settings, SINGLE_WRITER),
        value(settings, CHECKPOINT_EVERY).intValue(),
        value(settings, RETAIN_TIDEMARKS),
        value(settings, COMPACT),
        settings.find(STAGING).map(Path::of));
  }

  private static S3Location s3(String path, Settings settings) {
    S3Location place = S3Location.of(path.startsWith("s3://") ? path : "s3://none");
    Optional<URI> endpoint =
        settings.find(ENDPOINT).filter(url -> url.matches("https?://\\S+")).map(URI::create);
    Optional<S3Credentials> credentials =
        settings
            .find(ACCESS_KEY)
            .flatMap(
                access ->
                    settings
                        .find(SECRET_KEY)
                        .map(
                            secret ->
                                new S3Credentials(access, secret, settings.find(SESSION_TOKEN))));
    return new S3Location(
        place.bucket(),
        place.prefix(),
        endpoint,
        settings.find(REGION),
        value(settings, PATH_STYLE),
        credentials,
        settings.find(ENCRYPTION),
        settings.find(KMS_KEY));
  }

  /** What was read, or the default where what was written is among the problems already. */
  private static <T> T value(Settings settings, Option<T> option) {
    return settings
        .find(option)
        .orElseGet(() -> option.type().reader().read(option.standard().orElseThrow()));
  }

  private static void range(
      Settings settings,
      Option<Long> option,
      long least,
      long most,
      String where,
      List<String> problems) {
    settings
        .find(option)
        .filter(value -> value < least || value > most)
        .ifPresent(
            value ->
                problems.add(
                    where
                        + "."
                        + option.name()
                        + ": expected "
                        + least
                        + " to "
                        + most
                        + ", got "
                        + value
                        + "."));
  }
}
