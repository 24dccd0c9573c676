package io.tidemark.kafka.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.Sink;
import io.tidemark.api.sink.SinkException;
import io.tidemark.testkit.Batches;
import io.tidemark.testkit.Form;
import io.tidemark.testkit.SinkSession;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Topics as people have made and changed them. */
class KafkaTopicsTest {
  private static final TableSchema ITEMS =
      Form.of("public.items").key("id", Form.BIGINT).column("name", Form.TEXT).schema();
  private static final TableSchema KEYLESS =
      Form.of("public.keyless").column("id", Form.BIGINT).schema();

  private static KafkaFixture compacted(String schemas) throws Exception {
    return new KafkaFixture(
        Map.of(
            "schemas.enable",
            schemas,
            "topic.creation.default.partitions",
            "2",
            "topic.creation.default.config",
            Map.of("cleanup.policy", "compact,delete")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {"false;null", "true;{\"schema\":null,\"payload\":null}"})
  void onACompactedTopicTruncatesHaveTheKeyNull(String schemas, String key) throws Exception {
    try (KafkaFixture topics = compacted(schemas);
        SinkSession session = SinkSession.open(topics)) {
      session.stage(Batches.of(ITEMS).at(100).insert(1L, "a").truncate().batch()).flush(110);
      List<String> keys = new ArrayList<>();
      for (Topic.Record record : topics.records(ITEMS.name())) {
        if (record.json().path("op").asText().equals("t")) {
          keys.add(record.partition() + new String(record.key(), StandardCharsets.UTF_8));
        }
      }
      assertThat(keys).containsExactly("0" + key, "1" + key);
    }
  }

  @Test
  void aCompactedTopicTakesNoTableWithoutAKey() throws Exception {
    try (KafkaFixture topics = compacted("false");
        SinkSession session = SinkSession.open(topics)) {
      assertThatThrownBy(
              () -> session.stage(Batches.of(KEYLESS).at(100).insert(1L).batch()).flush(110))
          .isInstanceOf(SinkException.Rejected.class)
          .hasMessageContaining("public.keyless")
          .hasMessageContaining("cleanup.policy");
      session.stage(Batches.of(ITEMS).at(200).insert(1L, "a").batch()).flush(210);
      assertThat(topics.records(ITEMS.name())).hasSize(1);
    }
  }

  @ParameterizedTest
  @CsvSource({"true,delete,-1", "false,compact,-1", "false,delete,604800000"})
  void ownTopicsThatWouldForgetAreRefused(boolean state, String policy, String retention)
      throws Exception {
    try (KafkaFixture topics = new KafkaFixture(Map.of())) {
      TopicNames names = topics.config().names();
      String name = state ? names.state() : names.waiting();
      try (Admin admin = new Clients(topics.config()).admin()) {
        NewTopic topic = new NewTopic(name, Optional.of(1), Optional.empty());
        topic.configs(Map.of("cleanup.policy", policy, "retention.ms", retention));
        admin.createTopics(List.of(topic)).all().get();
      }
      assertThatThrownBy(() -> SinkSession.open(topics).close())
          .isInstanceOf(TidemarkException.class)
          .hasMessageContaining(name)
          .extracting(e -> ((TidemarkException) e).code())
          .isEqualTo(ErrorCode.DESTINATION_REFUSED);
    }
  }

  @Test
  void aTopicWhoseRecordsHaveExpiredIsNotFresh() throws Exception {
    try (KafkaFixture topics =
            new KafkaFixture(
                Map.of(
                    "schemas.enable", "false",
                    "topic.creation.default.partitions", "1"));
        Admin admin = new Clients(topics.config()).admin();
        SinkSession session = SinkSession.open(topics)) {
      session.stage(Batches.of(ITEMS).at(100).insert(1L, "a").batch()).flush(110);
      TopicPartition all = new TopicPartition(topics.config().names().topic(ITEMS.name()), 0);
      admin.deleteRecords(Map.of(all, RecordsToDelete.beforeOffset(-1))).all().get();
      session.stage(Batches.of(ITEMS).at(199).attempt().read(2L, "b").batch()).flush(210);
      assertThat(topics.records(ITEMS.name()))
          .extracting(record -> record.json().path("op").asText())
          .containsExactly("t", "r");
    }
  }

  @Test
  void aTruncateReachesPartitionsThatWereAdded() throws Exception {
    try (KafkaFixture topics =
            new KafkaFixture(
                Map.of(
                    "schemas.enable", "false",
                    "topic.creation.default.partitions", "1",
                    "properties", Map.of("metadata.max.age.ms", "50")));
        Admin admin = new Clients(topics.config()).admin();
        SinkSession session = SinkSession.open(topics)) {
      session.stage(Batches.of(ITEMS).at(100).insert(1L, "a").batch()).flush(110);
      String name = topics.config().names().topic(ITEMS.name());
      admin.createPartitions(Map.of(name, NewPartitions.increaseTo(3))).all().get();
      long lsn = 200;
      long deadline = System.nanoTime() + 60_000_000_000L;
      List<Integer> reached = List.of();
      while (reached.size() < 3 && System.nanoTime() - deadline < 0) {
        session.stage(Batches.of(ITEMS).at(lsn).truncate().batch()).flush(lsn + 10);
        lsn += 100;
        reached =
            topics.records(ITEMS.name()).stream()
                .filter(record -> record.key() == null)
                .map(Topic.Record::partition)
                .distinct()
                .toList();
      }
      assertThat(reached).containsExactly(0, 1, 2);
      try (var consumer = new Clients(topics.config()).consumer()) {
        StoredState state = StoredState.read(consumer, topics.config().names().state());
        assertThat(state.offsets().get(name)).hasSize(3).doesNotContain(-1L);
      }
    }
  }

  /** The claim was committed and its answer lost: the number that the process knows is old. */
  @Test
  void aClaimWhoseAnswerWasLostIsOurs() throws Exception {
    try (KafkaFixture topics = new KafkaFixture(Map.of())) {
      Sink sink = topics.newSink();
      long first = sink.open().epoch();
      sink.reopen(first);
      assertThat(sink.reopen(first).epoch()).isEqualTo(first + 2);
    }
  }

  @Test
  void aWriterOfAnotherTransactionalIdIsFencedToo() throws Exception {
    try (KafkaFixture topics = new KafkaFixture(Map.of("schemas.enable", "false"));
        SinkSession sleeper = SinkSession.open(topics)) {
      sleeper.stage(Batches.of(ITEMS).at(100).insert(1L, "a").batch()).seal(110);
      topics.newSink(topics.with("transactional.id")).open();
      assertThatThrownBy(() -> sleeper.commitSealed(110)).isInstanceOf(SinkException.Fenced.class);
      assertThat(topics.records(ITEMS.name())).isEmpty();
    }
  }
}
