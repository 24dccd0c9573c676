package io.tidemark.kafka;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;

/**
 * A broker of Apache Kafka in this JVM, controller and broker in one, without security. Started
 * once and shared by all tests of a JVM, each with topics of its own.
 */
public final class KafkaBroker {
  private static KafkaBroker shared;

  private final int port;
  private final Path folder;
  private final KafkaRaftServer server;

  private KafkaBroker() throws Exception {
    folder = Files.createTempDirectory("tidemark-kafka");
    int[] ports = freePorts();
    port = ports[0];
    Map<String, String> settings =
        Map.ofEntries(
            Map.entry("process.roles", "broker,controller"),
            Map.entry("node.id", "1"),
            Map.entry("controller.quorum.voters", "1@127.0.0.1:" + ports[1]),
            Map.entry("controller.listener.names", "CONTROLLER"),
            Map.entry(
                "listeners",
                "PLAINTEXT://127.0.0.1:" + ports[0] + ",CONTROLLER://127.0.0.1:" + ports[1]),
            Map.entry("log.dirs", folder.resolve("log").toString()),
            Map.entry("offsets.topic.replication.factor", "1"),
            Map.entry("offsets.topic.num.partitions", "1"),
            Map.entry("transaction.state.log.replication.factor", "1"),
            Map.entry("transaction.state.log.min.isr", "1"),
            Map.entry("transaction.state.log.num.partitions", "1"),
            Map.entry("group.initial.rebalance.delay.ms", "0"),
            Map.entry("auto.create.topics.enable", "false"),
            Map.entry("log.cleaner.dedupe.buffer.size", "2097152"),
            Map.entry("log.cleaner.io.buffer.size", "65536"),
            Map.entry("log.initial.task.delay.ms", "3600000"),
            Map.entry("num.network.threads", "1"),
            Map.entry("num.io.threads", "2"),
            Map.entry("log.flush.interval.messages", "9223372036854775807"));
    Properties properties = new Properties();
    properties.putAll(settings);
    format(properties);
    server = new KafkaRaftServer(new KafkaConfig(properties, false), Time.SYSTEM);
    server.startup();
    Runtime.getRuntime().addShutdownHook(new Thread(this::end, "stop the broker"));
  }

  /** The broker of this JVM. */
  public static synchronized KafkaBroker shared() throws Exception {
    if (shared == null) {
      shared = new KafkaBroker();
    }
    return shared;
  }

  /** Where clients reach it. */
  public String bootstrap() {
    return "127.0.0.1:" + port;
  }

  private void format(Properties properties) throws Exception {
    Path file = folder.resolve("server.properties");
    try (var out = Files.newOutputStream(file)) {
      properties.store(out, null);
    }
    new Formatter()
        .setClusterId(Uuid.randomUuid().toString())
        .setNodeId(1)
        .setControllerListenerName("CONTROLLER")
        .setMetadataLogDirectory(folder.resolve("log").toString())
        .setDirectories(List.of(folder.resolve("log").toString()))
        .setReleaseVersion(MetadataVersion.latestProduction())
        .setPrintStream(new java.io.PrintStream(java.io.OutputStream.nullOutputStream()))
        .run();
  }

  private static int[] freePorts() throws IOException {
    try (ServerSocket first = new ServerSocket(0);
        ServerSocket second = new ServerSocket(0)) {
      return new int[] {first.getLocalPort(), second.getLocalPort()};
    }
  }

  private void end() {
    server.shutdown();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
