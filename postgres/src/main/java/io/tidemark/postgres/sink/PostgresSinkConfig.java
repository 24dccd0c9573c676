package io.tidemark.postgres.sink;

import static io.tidemark.api.config.OptionType.DURATION;
import static io.tidemark.api.config.OptionType.MAP;
import static io.tidemark.api.config.OptionType.SWITCH;
import static io.tidemark.api.config.OptionType.TEXT;

import io.tidemark.api.config.ComponentSpec;
import io.tidemark.api.config.Option;
import io.tidemark.api.config.OptionType;
import io.tidemark.api.config.Settings;
import io.tidemark.postgres.connect.DatabaseOptions;
import io.tidemark.postgres.connect.Endpoint;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What a PostgreSQL sink can be told.
 *
 * @param endpoint the database that holds the copy
 * @param pipeline name under which the copy's state is kept, unique within the state schema
 * @param schemas schema of the copy by schema of the source; one that is not named keeps its name
 * @param stateSchema where the sink keeps what is its own
 * @param apply how transactions of the source become those of the target
 * @param lockTimeout how long a commit waits for a lock that somebody else holds
 * @param indexes whether the source's indexes, unique constraints and checks are taken over
 * @param foreignKeys whether the source's foreign keys are
 */
public record PostgresSinkConfig(
    Endpoint endpoint,
    String pipeline,
    Map<String, String> schemas,
    String stateSchema,
    Apply apply,
    Duration lockTimeout,
    boolean indexes,
    boolean foreignKeys) {
  /** How transactions of the source become those of the target. */
  public enum Apply {
    /** Many by one. */
    BATCH,
    /** Each by one of its own. */
    TRANSACTIONAL
  }

  public PostgresSinkConfig {
    schemas = Map.copyOf(schemas);
  }

  private static final Option<Map<String, String>> SCHEMAS =
      Option.optional(
          "schemas",
          MAP,
          "Schema of the copy by schema of the source; one that is not named keeps its name. It"
              + " counts for tables that are made from then on.",
          "{public: copy}");
  private static final Option<String> STATE_SCHEMA =
      Option.of(
          "state-schema",
          TEXT,
          "tidemark",
          "Schema for the tidemark and the state. Two sinks of one pipeline in one database need one"
              + " each.");
  private static final Option<Apply> APPLY =
      Option.of(
          "apply",
          OptionType.oneOf(Apply.class),
          "batch",
          "How transactions of the source become those of the copy: all of a flush by one, set by"
              + " set, which is fastest; or each by one of its own, in order. With transactional set"
              + " the pipeline's flush.interval to 50ms or so; 'on-reject: row' does not fit it.");
  private static final Option<Duration> LOCK_TIMEOUT =
      Option.of(
          "lock-timeout",
          DURATION,
          "30s",
          "How long a commit waits for a lock that somebody else holds, before it lets others pass"
              + " and tries again.");

  private static final Option<Boolean> INDEXES =
      Option.of(
          "indexes",
          SWITCH,
          "false",
          "Takes over the source's other indexes, unique constraints and checks, made when the copy"
              + " of a table is complete.");
  private static final Option<Boolean> FOREIGN_KEYS =
      Option.of(
          "foreign-keys",
          SWITCH,
          "false",
          "Takes over the source's foreign keys, made when the copies of both tables are complete."
              + " The role must be allowed to set session_replication_role.");

  /** What may be written in a configuration file. */
  public static final ComponentSpec SPEC =
      new ComponentSpec(
          "sink",
          "postgres",
          "Current rows in another PostgreSQL (14 to 18), exactly once.",
          Stream.concat(
                  DatabaseOptions.COPY.all().stream(),
                  Stream.of(SCHEMAS, STATE_SCHEMA, APPLY, LOCK_TIMEOUT, INDEXES, FOREIGN_KEYS))
              .toList());

  /**
   * Makes a configuration of what was read.
   *
   * @param pipeline the pipeline's name
   * @param where how messages name the place
   * @param problems takes every problem found
   */
  public static PostgresSinkConfig from(
      Settings settings, String pipeline, String where, List<String> problems) {
    Endpoint endpoint = DatabaseOptions.COPY.endpoint(settings, Map.of(), where, problems);
    String stateSchema = settings.find(STATE_SCHEMA).orElse("tidemark");
    Map<String, String> schemas = settings.find(SCHEMAS).orElse(Map.of());
    if (schemas.containsValue(stateSchema)) {
      problems.add(
          where
              + ".schemas: cannot put tables into '"
              + stateSchema
              + "', which holds the sink's state. Name another schema, or another state-schema.");
    }
    return new PostgresSinkConfig(
        endpoint,
        pipeline,
        schemas,
        stateSchema,
        settings.find(APPLY).orElse(Apply.BATCH),
        settings.find(LOCK_TIMEOUT).orElse(Duration.ofSeconds(30)),
        settings.find(INDEXES).orElse(false),
        settings.find(FOREIGN_KEYS).orElse(false));
  }

  /** The same at another address. */
  public PostgresSinkConfig at(Endpoint other) {
    return new PostgresSinkConfig(
        other, pipeline, schemas, stateSchema, apply, lockTimeout, indexes, foreignKeys);
  }

  /** The same with another way of applying. */
  public PostgresSinkConfig applying(Apply other) {
    return new PostgresSinkConfig(
        endpoint, pipeline, schemas, stateSchema, other, lockTimeout, indexes, foreignKeys);
  }

  /**
   * A configuration of a database with all else as it is by default.
   *
   * @param url as libpq takes it
   */
  public static PostgresSinkConfig of(String url, String pipeline) {
    List<String> problems = new java.util.ArrayList<>();
    Settings settings = Settings.read(SPEC, Map.of("url", url), "sink", problems);
    PostgresSinkConfig config = from(settings, pipeline, "sink", problems);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join(" ", problems));
    }
    return config;
  }
}
