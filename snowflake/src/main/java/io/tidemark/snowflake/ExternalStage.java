package io.tidemark.snowflake;

import io.tidemark.api.config.Option;
import io.tidemark.api.config.OptionType;
import io.tidemark.api.config.Settings;
import io.tidemark.parquet.store.S3Location;
import io.tidemark.parquet.store.S3Location.S3Credentials;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A stage over S3 that the account has already, filled by us instead of by PUT.
 *
 * @param name as SQL names it, with its schema and perhaps its database
 * @param place the URL that the stage has, and how we reach it
 */
record ExternalStage(String name, S3Location place) {
  private static final Pattern NAME =
      Pattern.compile("[A-Za-z_][A-Za-z0-9_$]*(\\.[A-Za-z_][A-Za-z0-9_$]*){1,2}");

  private static final Option<String> STAGE =
      Option.optional(
          "external-stage.name",
          OptionType.TEXT,
          "A stage over S3 that the account has, as SCHEMA.NAME or DATABASE.SCHEMA.NAME. Files are"
              + " written there with keys of your own, instead of by PUT into a stage that Tidemark"
              + " makes.",
          "ANALYTICS.RAW.LANDING");
  private static final Option<String> URL =
      Option.optional(
          "external-stage.url",
          OptionType.TEXT,
          "The URL that this stage has; must be given with it.",
          "s3://landing/snowflake");
  private static final Option<String> ENDPOINT =
      Option.optional(
          "external-stage.endpoint",
          OptionType.TEXT,
          "URL of an S3 store that is not AWS.",
          "http://127.0.0.1:9000");
  private static final Option<String> REGION =
      Option.optional(
          "external-stage.region",
          OptionType.TEXT,
          "Region of the bucket; without it the one of the environment, else us-east-1.",
          "eu-central-1");
  private static final Option<Boolean> PATH_STYLE =
      Option.of(
          "external-stage.path-style",
          OptionType.SWITCH,
          "false",
          "Whether the bucket is named in the path instead of the host.");
  private static final Option<String> ACCESS_KEY =
      Option.optional(
              "external-stage.access-key",
              OptionType.TEXT,
              "Access key id; without it the usual chain of AWS (environment, profile, role).",
              "${env:AWS_ACCESS_KEY_ID}")
          .asSecret();
  private static final Option<String> SECRET_KEY =
      Option.optional(
              "external-stage.secret-key",
              OptionType.TEXT,
              "Secret access key that belongs to access-key.",
              "${env:AWS_SECRET_ACCESS_KEY}")
          .asSecret();
  private static final Option<String> SESSION_TOKEN =
      Option.optional(
              "external-stage.session-token",
              OptionType.TEXT,
              "Session token of temporary credentials.",
              "${env:AWS_SESSION_TOKEN}")
          .asSecret();

  /** What may be written of it. */
  static final List<Option<?>> OPTIONS =
      List.of(STAGE, URL, ENDPOINT, REGION, PATH_STYLE, ACCESS_KEY, SECRET_KEY, SESSION_TOKEN);

  /** The stage that settings name; empty where they name none. */
  static Optional<ExternalStage> from(Settings settings, String where, List<String> problems) {
    Optional<String> name = settings.find(STAGE);
    Optional<String> url = settings.find(URL);
    if (name.isPresent() != url.isPresent()) {
      problems.add(where + ".external-stage: name and url belong together. Give both, or neither.");
    }
    name.filter(text -> !NAME.matcher(text).matches())
        .ifPresent(
            text ->
                problems.add(
                    where
                        + ".external-stage.name: '"
                        + text
                        + "' is not SCHEMA.NAME or DATABASE.SCHEMA.NAME of letters, digits and"
                        + " underscores."));
    url.filter(text -> !text.startsWith("s3://"))
        .ifPresent(
            text ->
                problems.add(
                    where
                        + ".external-stage.url: '"
                        + text
                        + "' is not s3://bucket/prefix, the only kind that can be written."));
    if (name.isEmpty() || url.isEmpty() || !url.get().startsWith("s3://")) {
      return Optional.empty();
    }
    return Optional.of(
        new ExternalStage(name.get().toUpperCase(Locale.ROOT), place(url.get(), settings)));
  }

  private static S3Location place(String url, Settings settings) {
    S3Location place = S3Location.of(url);
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
        settings.find(ENDPOINT).map(URI::create),
        settings.find(REGION),
        settings.find(PATH_STYLE).orElse(false),
        credentials,
        Optional.empty(),
        Optional.empty());
  }
}
