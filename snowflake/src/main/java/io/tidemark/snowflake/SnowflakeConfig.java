package io.tidemark.snowflake;

import io.tidemark.api.config.ComponentSpec;
import io.tidemark.api.config.Option;
import io.tidemark.api.config.OptionType;
import io.tidemark.api.config.Settings;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a Snowflake sink can be told.
 *
 * @param login who asks and where
 * @param database of the copy, as SQL names it
 * @param schema pattern for the schema of a table
 * @param table pattern for the name of a table
 * @param names in which case tables and columns are named
 * @param stateSchema schema of the tidemark, as SQL names it
 * @param maxValueBytes longest value, as text
 * @param tempFolder for files on their way to the stage
 * @param externalStage instead of one that is filled by PUT
 */
public record SnowflakeConfig(
    Login login,
    String database,
    String schema,
    String table,
    Names names,
    String stateSchema,
    long maxValueBytes,
    Path tempFolder,
    Optional<ExternalStage> externalStage) {

  /** The case of names. */
  public enum Names {
    /** Upper case, so that SQL needs no quotes. */
    UPPER,
    /** As PostgreSQL has them. */
    KEEP
  }

  /**
   * Who asks and where.
   *
   * @param host of the account
   * @param account its identifier
   * @param keyFile file with the private key, PKCS-8
   * @param passphrase of the key
   * @param role else the user's own
   * @param warehouse that does the work
   * @param suspend whether it is suspended behind each commit
   */
  public record Login(
      String host,
      String account,
      String user,
      Optional<Path> keyFile,
      Optional<String> passphrase,
      Optional<String> role,
      String warehouse,
      boolean suspend) {
    /** The warehouse as SQL names it; one that is no plain identifier is named as it is written. */
    String warehouseName() {
      return IDENTIFIER.matcher(warehouse).matches() ? warehouse : SqlText.name(warehouse);
    }
  }

  private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z_][A-Za-z0-9_$]*");

  private static final Option<String> ACCOUNT =
      Option.required(
          "account",
          OptionType.TEXT,
          "Identifier of the account: <organisation>-<name>.",
          "myorg-account1");
  private static final Option<String> HOST =
      Option.optional(
          "host",
          OptionType.TEXT,
          "Host name, where it is not <account>.snowflakecomputing.com: a private link for"
              + " instance.",
          "myorg-account1.privatelink.snowflakecomputing.com");
  private static final Option<String> USER =
      Option.required(
          "user", OptionType.TEXT, "User, best one of type SERVICE made for this.", "TIDEMARK");
  private static final Option<String> KEY_FILE =
      Option.required(
          "private-key-file",
          OptionType.TEXT,
          "File with the private key whose public key the user has (PKCS-8, PEM).",
          "/run/secrets/snowflake.p8");
  private static final Option<String> PASSPHRASE =
      Option.optional(
              "private-key-passphrase",
              OptionType.TEXT,
              "Passphrase of that key. Better written as ${env:NAME} or ${file:path}.",
              "${env:SNOWFLAKE_PASSPHRASE}")
          .asSecret();
  private static final Option<String> ROLE =
      Option.optional("role", OptionType.TEXT, "Role (else the user's default).", "LOADER");
  private static final Option<String> WAREHOUSE =
      Option.required(
          "warehouse",
          OptionType.TEXT,
          "Warehouse that loads; Snowflake resumes it for each commit and suspends it as the"
              + " account says.",
          "LOADING");
  private static final Option<Boolean> SUSPEND =
      Option.of(
          "suspend",
          OptionType.SWITCH,
          "false",
          "Suspends the warehouse behind each commit, for one that nobody else uses; the role needs"
              + " OPERATE on it. Snowflake bills at least 60 seconds for each resume.");
  private static final Option<String> DATABASE =
      Option.required("database", OptionType.TEXT, "Database; must exist.", "ANALYTICS");
  private static final Option<String> SCHEMA =
      Option.of(
          "schema",
          OptionType.TEXT,
          "RAW",
          "Schema of the tables; {schema} and {table} stand for those of PostgreSQL.");
  private static final Option<String> TABLE =
      Option.of(
          "table",
          OptionType.TEXT,
          "{table}",
          "Name of a table; {schema} and {table} stand for those of PostgreSQL.");
  private static final Option<Names> NAMES =
      Option.of(
          "names",
          OptionType.oneOf(Names.class),
          "upper",
          "Case of the names of tables and columns: upper, so that SQL needs no quotes, or as in"
              + " PostgreSQL.");
  private static final Option<String> STATE_SCHEMA =
      Option.of(
          "state-schema",
          OptionType.TEXT,
          "_TIDEMARK",
          "Schema of the tidemark and all else that belongs to Tidemark.");
  private static final Option<Long> MAX_VALUE_SIZE =
      Option.of(
          "max-value-size",
          OptionType.SIZE,
          "16MiB",
          "Longest text or JSON, and twice the longest bytea; a row with a longer one is rejected."
              + " Above 16MiB (to 128MiB, where the account has it) columns are made as wide.");
  private static final Option<String> TEMP_FOLDER =
      Option.optional(
          "temp-folder",
          OptionType.TEXT,
          "Folder for files on their way to the stage; without it one of the system.",
          "/var/tmp/tidemark");

  /** What may be written in a configuration file. */
  public static final ComponentSpec SPEC =
      new ComponentSpec(
          "sink",
          "snowflake",
          "Current rows in Snowflake, exactly once. No account has been tried yet: see the guide.",
          options(
              ACCOUNT,
              HOST,
              USER,
              KEY_FILE,
              PASSPHRASE,
              ROLE,
              WAREHOUSE,
              SUSPEND,
              DATABASE,
              SCHEMA,
              TABLE,
              NAMES,
              STATE_SCHEMA,
              MAX_VALUE_SIZE,
              TEMP_FOLDER));

  private static List<Option<?>> options(Option<?>... own) {
    return Stream.concat(Stream.of(own), ExternalStage.OPTIONS.stream()).toList();
  }

  /**
   * Makes a configuration of what was read.
   *
   * @param where how messages name the place
   * @param problems takes every problem found
   */
  public static SnowflakeConfig from(Settings settings, String where, List<String> problems) {
    String account = settings.find(ACCOUNT).orElse("missing");
    Login login =
        new Login(
            settings
                .find(HOST)
                .orElse(
                    account.replace('_', '-').toLowerCase(Locale.ROOT) + ".snowflakecomputing.com"),
            account,
            settings.find(USER).orElse("missing"),
            settings.find(KEY_FILE).map(Path::of),
            settings.find(PASSPHRASE),
            settings.find(ROLE),
            settings.find(WAREHOUSE).orElse("missing"),
            settings.find(SUSPEND).orElse(false));
    String database =
        identifier(settings.find(DATABASE).orElse("missing"), "database", where, problems);
    String state =
        identifier(
            settings.find(STATE_SCHEMA).orElse("_TIDEMARK"), "state-schema", where, problems);
    long max = settings.find(MAX_VALUE_SIZE).orElse(16L << 20);
    if (max < 1 || max > 128L << 20) {
      problems.add(where + ".max-value-size: must lie between 1 byte and 128MiB.");
    }
    String table = settings.find(TABLE).orElse("{table}");
    if (!table.contains("{table}")) {
      problems.add(
          where + ".table: all tables would have one name. Write {table} into the pattern.");
    }
    return new SnowflakeConfig(
        login,
        database,
        settings.find(SCHEMA).orElse("RAW"),
        table,
        settings.find(NAMES).orElse(Names.UPPER),
        state,
        max,
        settings
            .find(TEMP_FOLDER)
            .map(Path::of)
            .orElse(
                Path.of(
                    System.getProperty("java.io.tmpdir"),
                    "tidemark-" + System.getProperty("user.name"),
                    "snowflake")),
        ExternalStage.from(settings, where, problems));
  }

  private static String identifier(
      String name, String option, String where, List<String> problems) {
    if (!IDENTIFIER.matcher(name).matches()) {
      problems.add(
          where
              + "."
              + option
              + ": '"
              + name
              + "' needs quotes in SQL, which stages do not take. Name one of letters, digits and"
              + " underscores.");
    }
    return name.toUpperCase(Locale.ROOT);
  }

  SnowflakeTypes types() {
    return new SnowflakeTypes(maxValueBytes);
  }
}
