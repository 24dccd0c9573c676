package io.tidemark.kafka.sink;

import io.tidemark.api.model.TableName;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names of topics and schemas, as Debezium forms them.
 *
 * @param prefix {@code topic.prefix}
 * @param database what {@code source.db} says
 * @param delimiter between the parts of a name
 * @param heartbeatPrefix what the heartbeat topic's name begins with
 * @param route gives topics other names; empty where all keep theirs
 */
record TopicNames(
    String prefix,
    String database,
    String delimiter,
    String heartbeatPrefix,
    Optional<Route> route) {
  private static final int LONGEST = 249;

  /**
   * As Connect's RegexRouter: a name that the pattern matches whole is replaced.
   *
   * @param replacement with $1 for the first group
   */
  record Route(Pattern pattern, String replacement) {
    String of(String topic) {
      Matcher matcher = pattern.matcher(topic);
      return matcher.matches() ? matcher.replaceFirst(replacement) : topic;
    }
  }

  /** What Debezium calls a table, in the names of schemas too. */
  String debezium(TableName table) {
    return allowed(String.join(delimiter, prefix, table.schema(), table.table()));
  }

  /** The topic of a table. */
  String topic(TableName table) {
    String name = debezium(table);
    return route.map(to -> allowed(to.of(name))).orElse(name);
  }

  /** Where BEGIN and END of transactions are told. */
  String transactions() {
    return allowed(String.join(delimiter, prefix, "transaction"));
  }

  String heartbeats() {
    return allowed(String.join(delimiter, heartbeatPrefix, prefix));
  }

  /** Tidemark and state. */
  String state() {
    return allowed(String.join(delimiter, prefix, "tidemark"));
  }

  /** Changes that wait for the copy of their table. */
  String waiting() {
    return allowed(String.join(delimiter, prefix, "tidemark-waiting"));
  }

  /** Kafka allows letters, digits, dots, dashes and underscores, and 249 of them. */
  private static String allowed(String name) {
    String clean = name.replaceAll("[^a-zA-Z0-9._-]", "_");
    return clean.length() > LONGEST ? clean.substring(0, LONGEST) : clean;
  }
}
