package io.tidemark.kafka.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.api.sink.SinkException;
import io.tidemark.testkit.Batches;
import io.tidemark.testkit.Form;
import io.tidemark.testkit.ScriptedSource.Script;
import io.tidemark.testkit.SinkSession;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.junit.jupiter.api.Test;

/** What topics say beyond the contract that all sinks keep. */
class KafkaSinkTest {
  private static final TableSchema ITEMS =
      Form.of("public.items")
          .key("id", Form.BIGINT)
          .column("name", Form.TEXT)
          .column("price", Form.MONEY)
          .schema();

  private static KafkaFixture fixture(String... more) throws Exception {
    Map<String, Object> nodes = new HashMap<>(Map.of("schemas.enable", "false"));
    for (int i = 0; i < more.length; i += 2) {
      nodes.put(more[i], more[i + 1]);
    }
    return new KafkaFixture(nodes);
  }

  /** Operation and id of each record; {@code -} for a tombstone. */
  private static List<String> said(List<Topic.Record> records) throws IOException {
    List<String> said = new ArrayList<>();
    for (Topic.Record record : records) {
      if (record.value() == null) {
        said.add("-");
        continue;
      }
      JsonNode event = record.json();
      JsonNode row = event.path(event.path("after").isNull() ? "before" : "after");
      said.add(event.path("op").asText() + row.path("id").asText());
    }
    return said;
  }

  @Test
  void changesWaitForTheCopyOfTheirTable() throws Exception {
    try (KafkaFixture topics = fixture();
        SinkSession session = SinkSession.open(topics)) {
      session.phase(ITEMS.name(), Phase.COPYING);
      session.stage(Batches.of(ITEMS).at(99).attempt().read(1L, "a").batch()).flush(150);
      session.stage(Batches.of(ITEMS).at(200).update(2L, "new").delete(1L).batch()).flush(210);
      session.stage(Batches.of(ITEMS).at(99, 2).read(2L, "old").batch()).flush(210);
      assertThat(said(topics.records(ITEMS.name()))).containsExactly("r1", "r2");
      session.phase(ITEMS.name(), Phase.CATCHING_UP).flush(220);
      assertThat(said(topics.records(ITEMS.name()))).containsExactly("r1", "r2");
      try (SinkSession next = SinkSession.open(topics)) {
        next.phase(ITEMS.name(), Phase.MEMBER);
        next.stage(Batches.of(ITEMS).at(300).insert(3L, "c").batch()).flush(310);
        assertThat(said(topics.records(ITEMS.name())))
            .containsExactly("r1", "r2", "u2", "d1", "-", "c3");
      }
      assertThat(topics.topic(topics.config().names().waiting())).isEmpty();
    }
  }

  @Test
  void anAttemptThatDiedIsVoid() throws Exception {
    try (KafkaFixture topics = fixture();
        SinkSession session = SinkSession.open(topics)) {
      session.phase(ITEMS.name(), Phase.COPYING);
      session.stage(Batches.of(ITEMS).at(99).attempt().read(1L, "a").batch()).flush(150);
      session.stage(Batches.of(ITEMS).at(200).insert(7L, "void").batch()).flush(210);
      session.stage(
          Batches.of(ITEMS).at(300).insert(8L, "void").batch(),
          Batches.of(ITEMS).at(399).attempt().read(2L, "b").batch());
      session.flush(410);
      session.stage(Batches.of(ITEMS).at(500).insert(9L, "kept").batch());
      session.phase(ITEMS.name(), Phase.MEMBER).flush(510);
      assertThat(said(topics.records(ITEMS.name()))).containsExactly("r1", "t", "r2", "c9");
    }
  }

  @Test
  void whatAWriterLeftOpenWhenItDiedIsNeverSeen() throws Exception {
    ChangeBatch batch = Batches.of(ITEMS).at(100).insert(1L, "a").batch();
    try (KafkaFixture topics = fixture();
        SinkSession dead = SinkSession.open(topics)) {
      dead.stage(Batches.of(ITEMS).at(50).insert(0L, "before").batch()).flush(60);
      String topic = topics.config().names().topic(ITEMS.name());
      try (var producer = new Clients(topics.config()).producer()) {
        producer.initTransactions();
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(topic, new byte[] {'1'}, new byte[] {'{', '}'})).get();
        try (SinkSession next = SinkSession.open(topics)) {
          assertThat(next.opened().tidemark()).isEqualTo(Script.position(60));
          next.stage(batch).flush(110);
        }
        assertThatThrownBy(producer::commitTransaction).isInstanceOf(ProducerFencedException.class);
      }
      assertThat(said(topics.records(ITEMS.name()))).containsExactly("c0", "c1");
    }
  }

  /** Kafka fences the producer, and yet nobody has taken the copy over: the writer looks. */
  @Test
  void aProducerThatWasFencedAloneComesBack() throws Exception {
    ChangeBatch batch = Batches.of(ITEMS).at(100).insert(1L, "a").batch();
    try (KafkaFixture topics = fixture();
        SinkSession session = SinkSession.open(topics)) {
      try (var producer = new Clients(topics.config()).producer()) {
        producer.initTransactions();
      }
      assertThatThrownBy(() -> session.stage(batch).flush(110))
          .isInstanceOf(SinkException.OutcomeUnknown.class);
      try (SinkSession back = SinkSession.reopen(topics, session.opened().epoch())) {
        back.stage(batch).flush(110);
      }
      assertThat(said(topics.records(ITEMS.name()))).containsExactly("c1");
    }
  }

  @Test
  void truncateGoesToEveryPartitionAndCanBeLeftOut() throws Exception {
    ChangeBatch batch = Batches.of(ITEMS).at(100).insert(1L, "a").truncate().batch();
    try (KafkaFixture topics = fixture("topic.creation.default.partitions", "3");
        SinkSession session = SinkSession.open(topics)) {
      session.stage(batch).flush(110);
      List<Topic.Record> truncates = new ArrayList<>();
      for (Topic.Record record : topics.records(ITEMS.name())) {
        if (record.key() == null) {
          truncates.add(record);
          assertThat(record.json().path("op").asText()).isEqualTo("t");
        }
      }
      assertThat(truncates).extracting(Topic.Record::partition).containsExactly(0, 1, 2);
    }
    try (KafkaFixture topics = fixture("skipped.operations", "t");
        SinkSession session = SinkSession.open(topics)) {
      session.stage(batch).flush(110);
      assertThat(said(topics.records(ITEMS.name()))).containsExactly("c1");
    }
  }

  @Test
  void transactionsAreToldWithTheirCounts() throws Exception {
    TableSchema other = Form.of("public.other").key("id", Form.BIGINT).schema();
    try (KafkaFixture topics = fixture("provide.transaction.metadata", "true");
        SinkSession session = SinkSession.open(topics)) {
      session.stage(
          Batches.of(ITEMS).at(100).insert(1L, "a").insert(2L, "b").batch(),
          Batches.of(other).at(100, 2).insert(1L).batch());
      session.stage(Batches.of(ITEMS).at(200).delete(1L).batch()).flush(210);
      List<String> told = new ArrayList<>();
      for (Topic.Record record : topics.topic(topics.config().names().transactions())) {
        JsonNode value = record.json();
        told.add(value.path("status").asText() + value.path("id").asText());
        if (told.size() == 2) {
          assertThat(value.path("event_count").asLong()).isEqualTo(3);
          assertThat(value.path("data_collections").toString())
              .isEqualTo(
                  "[{\"data_collection\":\"public.items\",\"event_count\":2},"
                      + "{\"data_collection\":\"public.other\",\"event_count\":1}]");
        }
      }
      assertThat(told).containsExactly("BEGIN100:100", "END100:100", "BEGIN200:200", "END200:200");
      JsonNode block = topics.records(ITEMS.name()).get(1).json().path("transaction");
      assertThat(block.toString())
          .isEqualTo("{\"id\":\"100:100\",\"total_order\":2,\"data_collection_order\":2}");
    }
  }

  @Test
  void aTransactionBeyondTheLimitStopsOrIsSplitVisibly() throws Exception {
    Batches large = Batches.of(ITEMS).at(100);
    for (long id = 0; id < 50; id++) {
      large.insert(id, "name");
    }
    ChangeBatch batch = large.batch();
    try (KafkaFixture topics = fixture("transaction.max-size", "4KiB");
        SinkSession session = SinkSession.open(topics)) {
      session.stage(batch).seal(110);
      assertThatThrownBy(() -> session.commitSealed(110))
          .isInstanceOf(TidemarkException.class)
          .hasMessageStartingWith("Cannot write a transaction of ")
          .hasMessageContaining("transaction.on-large")
          .extracting(e -> ((TidemarkException) e).code())
          .isEqualTo(ErrorCode.LIMIT_EXCEEDED);
      assertThat(topics.records(ITEMS.name())).isEmpty();
    }
    try (KafkaFixture topics =
            fixture("transaction.max-size", "4KiB", "transaction.on-large", "split");
        SinkSession session = SinkSession.open(topics)) {
      session.stage(batch).flush(110);
      assertThat(topics.records(ITEMS.name())).hasSize(50);
      KafkaLook look = KafkaLook.at(topics.config());
      assertThat(look.position()).isEqualTo(Script.position(110));
      assertThat(look.rows()).isEqualTo(Map.of(ITEMS.name(), 50L));
    }
  }

  @Test
  void whatNoRecordCanSayIsRejected() throws Exception {
    try (KafkaFixture topics = fixture("max.request.size", "8KiB");
        SinkSession session = SinkSession.open(topics)) {
      assertThatThrownBy(
              () ->
                  session.stage(
                      Batches.of(ITEMS).at(100).insert(1L, "a", new Batches.Raw("NaN")).batch()))
          .isInstanceOf(SinkException.Rejected.class)
          .hasMessageContaining("column price (numeric(12,2)) cannot be written: it is NaN")
          .hasMessageContaining("decimal.handling.mode");
      assertThatThrownBy(
              () ->
                  session.stage(
                      Batches.of(ITEMS).at(100).insert(1L, "long ".repeat(2_000)).batch()))
          .isInstanceOf(SinkException.Rejected.class)
          .hasMessageContaining("Raise max.request.size")
          .hasMessageNotContaining("long long");
      session.stage(Batches.of(ITEMS).at(100).insert(2L, "b", new BigDecimal("-1.05")).batch());
      session.flush(110);
      assertThat(topics.records(ITEMS.name()).get(0).json().path("after").toString())
          .isEqualTo("{\"id\":2,\"name\":\"b\",\"price\":\"lw==\"}");
    }
  }

  @Test
  void heartbeatsArePartOfCommits() throws Exception {
    try (KafkaFixture topics = fixture("heartbeat.interval.ms", "1");
        SinkSession session = SinkSession.open(topics)) {
      Thread.sleep(2); // the interval itself, not a wait for something
      session.entry("n", Optional.of("1")).flush(110);
      List<Topic.Record> beats = topics.topic(topics.config().names().heartbeats());
      assertThat(beats).hasSize(1);
      assertThat(beats.get(0).wholeKey().path("serverName").asText())
          .isEqualTo(topics.config().names().prefix());
      assertThat(beats.get(0).json().path("ts_ms").asLong()).isPositive();
    }
  }

  @Test
  void topicsAreMadeAsAskedAndRouted() throws Exception {
    try (KafkaFixture topics =
            fixture(
                "topic.creation.default.partitions", "2",
                "topic.regex", "(.*)\\.public\\.(.*)",
                "topic.replacement", "$1-all-$2");
        SinkSession session = SinkSession.open(topics)) {
      session.stage(Batches.of(ITEMS).at(100).insert(1L, "a").batch()).flush(110);
      assertThat(topics.topic(topics.config().names().prefix() + "-all-items")).hasSize(1);
    }
  }

  @Test
  void secretsAreNeverShown() {
    KafkaSinkConfig config =
        KafkaFixture.config(
            "bank",
            Map.of(
                "bootstrap.servers", "localhost:9092",
                "topic.prefix", "bank",
                "properties", Map.of("sasl.jaas.config", "hidden-password")));
    assertThat(config.toString() + config.place()).doesNotContain("hidden-password");
    assertThat(config.properties()).containsValue("hidden-password");
  }
}
