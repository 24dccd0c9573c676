package io.tidemark.kafka.sink;

import io.tidemark.api.config.ComponentSpec;
import io.tidemark.api.config.Option;
import io.tidemark.api.config.OptionType;
import io.tidemark.api.config.Settings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * What a Kafka sink can be told.
 *
 * @param bootstrap where the cluster is reached
 * @param properties of all clients, TLS and SASL among them; never shown
 * @param names of topics
 * @param values how values are written
 * @param json whether keys and values carry their schemas, and whether tombstones are written
 * @param transactions how source transactions become transactions of Kafka
 * @param topics how topics are made
 * @param heartbeat time between two heartbeats; zero for none
 * @param tempFolder for what does not fit into memory
 */
public record KafkaSinkConfig(
    String bootstrap,
    Map<String, String> properties,
    TopicNames names,
    EventOptions values,
    Json json,
    Transactions transactions,
    TopicForm topics,
    Duration heartbeat,
    Path tempFolder) {
  /**
   * @param schemas whether each key and value carries its schema
   * @param tombstones whether a null follows each delete
   * @param truncates whether TRUNCATE is written
   * @param metadata whether BEGIN and END of transactions are told
   */
  record Json(boolean schemas, boolean tombstones, boolean truncates, boolean metadata) {}

  /**
   * @param id {@code transactional.id}
   * @param timeout after which the broker gives an open one up
   * @param maxBytes largest one
   * @param onLarge what becomes of a larger one
   */
  record Transactions(String id, Duration timeout, long maxBytes, OnLarge onLarge) {}

  /** What becomes of a source transaction that is larger than the limit. */
  enum OnLarge {
    /** The pipeline stops and says so. */
    STOP,
    /** It becomes several transactions of Kafka's, and a death between them doubles rows. */
    SPLIT
  }

  /**
   * @param partitions of a new topic; 0 for the broker's default
   * @param replicas of a new topic; 0 for the broker's default
   * @param maxRequestBytes largest record
   */
  record TopicForm(
      int partitions,
      int replicas,
      long maxRequestBytes,
      String compression,
      Map<String, String> settings) {}

  private static final Option<String> BOOTSTRAP =
      Option.required(
          "bootstrap.servers",
          OptionType.TEXT,
          "Brokers to begin with: host:port, several with commas between.",
          "localhost:9092");
  private static final Option<String> PREFIX =
      Option.required(
          "topic.prefix",
          OptionType.TEXT,
          "First part of every topic's name: <prefix>.<schema>.<table>.",
          "banking_server");
  private static final Option<Map<String, String>> PROPERTIES =
      Option.optional(
              "properties",
              OptionType.MAP,
              "Any properties of Kafka's clients, for all of them: security.protocol, sasl.mechanism,"
                  + " sasl.jaas.config, ssl.truststore.location and so on. Never shown.",
              "{security.protocol: SSL}")
          .asSecret();
  private static final Option<Boolean> SCHEMAS =
      Option.of(
          "schemas.enable",
          OptionType.SWITCH,
          "true",
          "Whether each key and value carries its schema, as Connect's JSON converter writes it.");
  private static final Option<Boolean> TOMBSTONES =
      Option.of(
          "tombstones.on.delete",
          OptionType.SWITCH,
          "true",
          "Whether a null follows each delete, so that log compaction forgets the key.");
  private static final Option<List<String>> SKIPPED =
      Option.of(
          "skipped.operations",
          OptionType.LIST,
          "none",
          "'t' to leave TRUNCATE out, as Debezium does by default; consumers keep stale rows then.");
  private static final Option<Boolean> METADATA =
      Option.of(
          "provide.transaction.metadata",
          OptionType.SWITCH,
          "false",
          "Whether events have a transaction block, and BEGIN and END are written to"
              + " <prefix>.transaction.");
  private static final Option<EventOptions.Decimals> DECIMALS =
      Option.of(
          "decimal.handling.mode",
          words(EventOptions.Decimals.class),
          "precise",
          "How numeric and money are written: as Connect's Decimal, as a double (digits are lost)"
              + " or as text.");
  private static final Option<EventOptions.Times> TIMES =
      Option.of(
          "time.precision.mode",
          words(EventOptions.Times.class),
          "adaptive",
          "How date, time and timestamp are written.");
  private static final Option<EventOptions.Binaries> BINARIES =
      Option.of(
          "binary.handling.mode",
          words(EventOptions.Binaries.class, '-'),
          "bytes",
          "How bytea is written.");
  private static final Option<EventOptions.Intervals> INTERVALS =
      Option.of(
          "interval.handling.mode",
          words(EventOptions.Intervals.class),
          "numeric",
          "How interval is written: microseconds, a month counted as 30.4375 days, or ISO 8601.");
  private static final Option<EventOptions.Hstores> HSTORES =
      Option.of(
          "hstore.handling.mode",
          words(EventOptions.Hstores.class),
          "json",
          "How hstore is written: as a JSON text or as a map.");
  private static final Option<String> PLACEHOLDER =
      Option.of(
          "unavailable.value.placeholder",
          OptionType.TEXT,
          "__debezium_unavailable_value",
          "What stands for a TOAST value that an UPDATE did not touch and the log does not carry.");
  private static final Option<Long> MONEY_DIGITS =
      Option.of(
          "money.fraction.digits",
          OptionType.NUMBER,
          "2",
          "Digits of money behind the point, as the server's lc_monetary has them.");
  private static final Option<String> DELIMITER =
      Option.of("topic.delimiter", OptionType.TEXT, ".", "Between the parts of a topic's name.");
  private static final Option<String> ROUTE =
      Option.optional(
          "topic.regex",
          OptionType.TEXT,
          "Topics whose whole name matches get another one, see topic.replacement; as Connect's"
              + " RegexRouter.",
          "bank\\.public\\.(.*)");
  private static final Option<String> REPLACEMENT =
      Option.optional(
          "topic.replacement",
          OptionType.TEXT,
          "The name that such topics get; $1 is the first group of topic.regex.",
          "bank-$1");
  private static final Option<String> HEARTBEAT_PREFIX =
      Option.of(
          "topic.heartbeat.prefix",
          OptionType.TEXT,
          "__debezium-heartbeat",
          "The heartbeat topic is <this>.<prefix>.");
  private static final Option<Long> HEARTBEAT =
      Option.of(
          "heartbeat.interval.ms",
          OptionType.NUMBER,
          "0",
          "Milliseconds between two heartbeats; 0 for none. They are part of commits, so they come"
              + " no more often than these.");
  private static final Option<Long> PARTITIONS =
      Option.of(
          "topic.creation.default.partitions",
          OptionType.NUMBER,
          "0",
          "Partitions of a topic that is made; 0 for the broker's default. A topic that is there"
              + " already is taken as it is.");
  private static final Option<Long> REPLICAS =
      Option.of(
          "topic.creation.default.replication.factor",
          OptionType.NUMBER,
          "0",
          "Replicas of a topic that is made; 0 for the broker's default.");
  private static final Option<Map<String, String>> TOPIC_SETTINGS =
      Option.optional(
          "topic.creation.default.config",
          OptionType.MAP,
          "Any settings of a topic that is made: cleanup.policy, min.cleanable.dirty.ratio,"
              + " retention.ms, compression.type and so on.",
          "{cleanup.policy: 'compact,delete', retention.ms: 604800000}");
  private static final Option<String> COMPRESSION =
      Option.of("compression.type", OptionType.TEXT, "lz4", "none, gzip, snappy, lz4 or zstd.");
  private static final Option<Long> MAX_REQUEST =
      Option.of(
          "max.request.size",
          OptionType.SIZE,
          "16MiB",
          "Largest record; a row that needs a larger one is rejected. Topics that are made allow as"
              + " much.");
  private static final Option<String> TRANSACTIONAL_ID =
      Option.optional(
          "transactional.id",
          OptionType.TEXT,
          "Who writes, for the cluster; by default <prefix>.tidemark. Of two processes with the"
              + " same, only the newer one can write.",
          "bank.tidemark");
  private static final Option<Duration> TIMEOUT =
      Option.of(
          "transaction.timeout",
          OptionType.DURATION,
          "5m",
          "How long one transaction of Kafka may take; the broker allows at most its"
              + " transaction.max.timeout.ms (15m).");
  private static final Option<Long> MAX_TRANSACTION =
      Option.of(
          "transaction.max-size",
          OptionType.SIZE,
          "8GiB",
          "Largest transaction of Kafka, before compression, see transaction.on-large.");
  private static final Option<OnLarge> ON_LARGE =
      Option.of(
          "transaction.on-large",
          OptionType.oneOf(OnLarge.class),
          "stop",
          "What becomes of a larger one: the pipeline stops, or it is split and a death between its"
              + " parts writes rows twice.");
  private static final Option<String> TEMP_FOLDER =
      Option.optional(
          "temp-folder",
          OptionType.TEXT,
          "Folder for transactions that do not fit into memory; without it one of the system.",
          "/var/tmp/tidemark");

  /** What may be written in a configuration file. */
  public static final ComponentSpec SPEC =
      new ComponentSpec(
          "sink",
          "kafka",
          "Changes on Kafka topics in Debezium's format, exactly once for read_committed consumers.",
          List.of(
              BOOTSTRAP,
              PREFIX,
              PROPERTIES,
              SCHEMAS,
              TOMBSTONES,
              SKIPPED,
              METADATA,
              DECIMALS,
              TIMES,
              BINARIES,
              INTERVALS,
              HSTORES,
              PLACEHOLDER,
              MONEY_DIGITS,
              DELIMITER,
              ROUTE,
              REPLACEMENT,
              HEARTBEAT_PREFIX,
              HEARTBEAT,
              PARTITIONS,
              REPLICAS,
              TOPIC_SETTINGS,
              COMPRESSION,
              MAX_REQUEST,
              TRANSACTIONAL_ID,
              TIMEOUT,
              MAX_TRANSACTION,
              ON_LARGE,
              TEMP_FOLDER));

  /** Debezium's words, with underscores; dashes are taken too. */
  private static <E extends Enum<E>> OptionType<E> words(Class<E> constants) {
    return words(constants, '_');
  }

  private static <E extends Enum<E>> OptionType<E> words(Class<E> constants, char between) {
    List<String> words =
        Arrays.stream(constants.getEnumConstants())
            .map(each -> each.name().toLowerCase(Locale.ROOT).replace('_', between))
            .toList();
    return new OptionType<>(
        String.join(" | ", words),
        words,
        OptionType.Shape.SCALAR,
        node -> {
          int at = words.indexOf(((String) node).toLowerCase(Locale.ROOT));
          if (at < 0) {
            throw new IllegalArgumentException("one of " + String.join(", ", words));
          }
          return constants.getEnumConstants()[at];
        });
  }

  /**
   * Makes a configuration of what was read.
   *
   * @param database name of the source's database, for {@code source.db}
   * @param where how messages name the place
   * @param problems takes every problem found
   */
  public static KafkaSinkConfig from(
      Settings settings, String database, String where, List<String> problems) {
    String prefix = settings.find(PREFIX).orElse("missing");
    if (!prefix.matches("[a-zA-Z0-9._-]+")) {
      problems.add(where + ".topic.prefix: letters, digits, dots, dashes and underscores only.");
    }
    return new KafkaSinkConfig(
        settings.find(BOOTSTRAP).orElse("missing"),
        settings.find(PROPERTIES).orElse(Map.of()),
        new TopicNames(
            prefix,
            database,
            settings.find(DELIMITER).orElse("."),
            settings.find(HEARTBEAT_PREFIX).orElse("__debezium-heartbeat"),
            route(settings, where, problems)),
        values(settings),
        new Json(
            settings.find(SCHEMAS).orElse(true),
            settings.find(TOMBSTONES).orElse(true),
            truncates(settings, where, problems),
            settings.find(METADATA).orElse(false)),
        transactions(settings, prefix),
        topics(settings, where, problems),
        Duration.ofMillis(settings.find(HEARTBEAT).orElse(0L)),
        folder(settings));
  }

  private static Path folder(Settings settings) {
    return settings
        .find(TEMP_FOLDER)
        .map(Path::of)
        .orElse(
            Path.of(
                System.getProperty("java.io.tmpdir"),
                "tidemark-" + System.getProperty("user.name"),
                "kafka"));
  }

  private static Transactions transactions(Settings settings, String prefix) {
    return new Transactions(
        settings.find(TRANSACTIONAL_ID).orElse(prefix + ".tidemark"),
        settings.find(TIMEOUT).orElse(Duration.ofMinutes(5)),
        settings.find(MAX_TRANSACTION).orElse(8L << 30),
        settings.find(ON_LARGE).orElse(OnLarge.STOP));
  }

  private static EventOptions values(Settings settings) {
    return new EventOptions(
        settings.find(DECIMALS).orElse(EventOptions.Decimals.PRECISE),
        settings.find(TIMES).orElse(EventOptions.Times.ADAPTIVE),
        settings.find(BINARIES).orElse(EventOptions.Binaries.BYTES),
        settings.find(INTERVALS).orElse(EventOptions.Intervals.NUMERIC),
        settings.find(HSTORES).orElse(EventOptions.Hstores.JSON),
        settings.find(PLACEHOLDER).orElse(EventOptions.STANDARD.placeholder()),
        settings.find(MONEY_DIGITS).orElse(2L).intValue());
  }

  private static boolean truncates(Settings settings, String where, List<String> problems) {
    List<String> skipped = settings.find(SKIPPED).orElse(List.of());
    if (!skipped.stream().allMatch(word -> word.equals("t") || word.equals("none"))) {
      problems.add(
          where
              + ".skipped.operations: only 't' or 'none'; a copy without its other changes would be"
              + " wrong.");
    }
    return !skipped.contains("t");
  }

  private static Optional<TopicNames.Route> route(
      Settings settings, String where, List<String> problems) {
    Optional<String> regex = settings.find(ROUTE);
    Optional<String> replacement = settings.find(REPLACEMENT);
    if (regex.isPresent() != replacement.isPresent()) {
      problems.add(where + ".topic.regex: goes with topic.replacement. Set both or none.");
      return Optional.empty();
    }
    try {
      return regex.map(text -> new TopicNames.Route(Pattern.compile(text), replacement.get()));
    } catch (PatternSyntaxException e) {
      problems.add(where + ".topic.regex: no regular expression: " + e.getDescription() + ".");
      return Optional.empty();
    }
  }

  private static TopicForm topics(Settings settings, String where, List<String> problems) {
    long max = settings.find(MAX_REQUEST).orElse(16L << 20);
    if (max < 1024 || max > 1L << 30) {
      problems.add(where + ".max.request.size: must lie between 1KiB and 1GiB.");
    }
    return new TopicForm(
        settings.find(PARTITIONS).orElse(0L).intValue(),
        settings.find(REPLICAS).orElse(0L).intValue(),
        max,
        settings.find(COMPRESSION).orElse("lz4"),
        new HashMap<>(settings.find(TOPIC_SETTINGS).orElse(Map.of())));
  }

  /** Where it is, for people: nothing secret. */
  public String place() {
    return "Kafka at " + bootstrap + ", topics " + names.prefix() + names.delimiter() + "*";
  }

  String prefix() {
    return names.prefix();
  }

  String compression() {
    return topics.compression();
  }

  long maxRequestBytes() {
    return topics.maxRequestBytes();
  }

  String transactionalId() {
    return transactions.id();
  }

  Duration transactionTimeout() {
    return transactions.timeout();
  }

  int partitions() {
    return topics.partitions();
  }

  int replicationFactor() {
    return topics.replicas();
  }

  Map<String, String> topicSettings() {
    return topics.settings();
  }

  /** Never the properties: they hold secrets. */
  @Override
  public String toString() {
    return place();
  }
}
