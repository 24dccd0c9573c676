package io.tidemark.kafka.sink;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Topics of a cluster: made where they are missing, else taken as they are. */
final class Topics implements AutoCloseable {
  /**
   * A topic.
   *
   * @param maxBytes largest record that it takes
   * @param policy its {@code cleanup.policy}
   * @param retention its {@code retention.ms} and {@code retention.bytes}, -1 for no limit
   */
  record Topic(String name, int partitions, long maxBytes, String policy, List<String> retention) {
    /** Whether it takes no record without a key. */
    boolean isCompacted() {
      return policy.contains(TopicConfig.CLEANUP_POLICY_COMPACT);
    }
  }

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration LOOK = Duration.ofMillis(20);

  private final Admin admin;
  private final KafkaSinkConfig config;
  private final Map<String, Topic> known = new HashMap<>();

  Topics(Clients clients, KafkaSinkConfig config) {
    this.admin = clients.admin();
    this.config = config;
  }

  /** A topic of rows or of notices, made as the configuration says. */
  Topic data(String name) throws ExecutionException, InterruptedException {
    Map<String, String> settings = new HashMap<>();
    settings.put(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Long.toString(config.maxRequestBytes()));
    settings.putAll(config.topicSettings());
    Optional<Integer> partitions =
        config.partitions() > 0 ? Optional.of(config.partitions()) : Optional.empty();
    return topic(name, partitions, settings);
  }

  /**
   * A topic of Tidemark's own, whose first partition is used.
   *
   * @throws TidemarkException DESTINATION_REFUSED when it is there already and would lose records
   *     that are needed
   */
  Topic own(String name, String cleanUp) throws ExecutionException, InterruptedException {
    Topic topic = madeOwn(name, cleanUp);
    boolean keeps = topic.isCompacted() || topic.retention().equals(List.of("-1", "-1"));
    if (!topic.policy().equals(cleanUp) || !keeps) {
      throw new TidemarkException(
          ErrorCode.DESTINATION_REFUSED,
          "Cannot use the topic %s: it would lose records that Tidemark needs, since its cleanup.policy is %s and its retention.ms and retention.bytes are %s. Set cleanup.policy to %s and both retentions to -1."
              .formatted(name, topic.policy(), String.join(" and ", topic.retention()), cleanUp));
    }
    return topic;
  }

  private Topic madeOwn(String name, String cleanUp)
      throws ExecutionException, InterruptedException {
    return topic(
        name,
        Optional.of(1),
        Map.of(
            TopicConfig.CLEANUP_POLICY_CONFIG,
            cleanUp,
            TopicConfig.RETENTION_MS_CONFIG,
            "-1",
            TopicConfig.RETENTION_BYTES_CONFIG,
            "-1",
            TopicConfig.MAX_MESSAGE_BYTES_CONFIG,
            Long.toString(config.maxRequestBytes() * 2)));
  }

  private Topic topic(String name, Optional<Integer> partitions, Map<String, String> settings)
      throws ExecutionException, InterruptedException {
    Topic topic = known.get(name);
    if (topic == null) {
      Optional<Topic> found = find(name);
      if (found.isEmpty()) {
        create(name, partitions, settings);
        found = awaited(name);
      }
      topic =
          found.orElseThrow(
              () ->
                  new ExecutionException(
                      new UnknownTopicOrPartitionException(
                          "topic " + name + " was made and has no leader yet")));
      known.put(name, topic);
    }
    return topic;
  }

  /** A topic that was made is known to every broker a moment later. */
  private Optional<Topic> awaited(String name) throws ExecutionException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    Optional<Topic> found = find(name);
    while (found.isEmpty() && System.nanoTime() - deadline < 0) {
      Thread.sleep(LOOK.toMillis());
      found = find(name);
    }
    return found;
  }

  private void create(String name, Optional<Integer> partitions, Map<String, String> settings)
      throws ExecutionException, InterruptedException {
    Optional<Short> replicas =
        config.replicationFactor() > 0
            ? Optional.of((short) config.replicationFactor())
            : Optional.empty();
    NewTopic topic = new NewTopic(name, partitions, replicas).configs(settings);
    try {
      admin.createTopics(List.of(topic)).all().get();
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof TopicExistsException)) {
        throw e;
      }
    }
  }

  /** A topic that is there already. */
  Optional<Topic> find(String name) throws ExecutionException, InterruptedException {
    try {
      TopicDescription described =
          admin.describeTopics(List.of(name)).allTopicNames().get().get(name);
      boolean led =
          described.partitions().stream()
              .allMatch(partition -> partition.leader() != null && !partition.leader().isEmpty());
      if (!led) {
        return Optional.empty();
      }
      ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
      Config settings = admin.describeConfigs(List.of(resource)).all().get().get(resource);
      return Optional.of(
          new Topic(
              name,
              described.partitions().size(),
              Long.parseLong(settings.get(TopicConfig.MAX_MESSAGE_BYTES_CONFIG).value()),
              settings.get(TopicConfig.CLEANUP_POLICY_CONFIG).value(),
              List.of(
                  settings.get(TopicConfig.RETENTION_MS_CONFIG).value(),
                  settings.get(TopicConfig.RETENTION_BYTES_CONFIG).value())));
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Whether nothing was ever written to a topic: what has expired may live on at consumers. */
  boolean isUnwritten(Topic topic) throws ExecutionException, InterruptedException {
    Map<TopicPartition, OffsetSpec> next = new HashMap<>();
    for (int partition = 0; partition < topic.partitions(); partition++) {
      next.put(new TopicPartition(topic.name(), partition), OffsetSpec.latest());
    }
    return admin.listOffsets(next).all().get().values().stream().allMatch(end -> end.offset() == 0);
  }

  /** Lets the cluster forget the records below an offset of a topic with one partition. */
  void forget(String name, long below) throws ExecutionException, InterruptedException {
    TopicPartition partition = new TopicPartition(name, 0);
    admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(below))).all().get();
  }

  @Override
  public void close() {
    admin.close(Duration.ZERO);
  }
}
