package io.tidemark.kafka.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.testkit.Batches;
import io.tidemark.testkit.Form;
import io.tidemark.testkit.SinkSession;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/**
 * Changes that wait for a copy, while readers of what is committed do not see the last of them yet:
 * the markers of a transaction come after its commit. A transaction of somebody else, left open,
 * holds readers back in the same way for as long as a test likes.
 */
class KafkaWaitingTest {
  private static final TableSchema ITEMS =
      Form.of("public.items").key("id", Form.BIGINT).column("name", Form.TEXT).schema();

  private static KafkaFixture fixture() throws Exception {
    return new KafkaFixture(Map.of("schemas.enable", "false"));
  }

  private static KafkaProducer<byte[], byte[]> heldBack(KafkaFixture topics) throws Exception {
    KafkaProducer<byte[], byte[]> other = new Clients(topics.with("transactional.id")).producer();
    other.initTransactions();
    other.beginTransaction();
    String waiting = topics.config().names().waiting();
    other.send(new ProducerRecord<>(waiting, 0, new byte[] {'x'}, new byte[] {'x'})).get();
    return other;
  }

  private static List<String> said(KafkaFixture topics) throws IOException {
    List<String> said = new ArrayList<>();
    for (Topic.Record record : topics.records(ITEMS.name())) {
      var event = record.json();
      said.add(event.path("op").asText() + event.path("after").path("id").asText());
    }
    return said;
  }

  @Test
  void whatReadersDoNotSeeYetIsWaitedFor() throws Exception {
    try (KafkaFixture topics = fixture();
        SinkSession session = SinkSession.open(topics);
        var other = heldBack(topics)) {
      session.phase(ITEMS.name(), Phase.COPYING);
      session.stage(Batches.of(ITEMS).at(99).attempt().read(1L, "a").batch()).flush(150);
      session.phase(ITEMS.name(), Phase.CATCHING_UP);
      session.stage(Batches.of(ITEMS).at(200).insert(2L, "b").batch()).flush(210);
      session.phase(ITEMS.name(), Phase.MEMBER);
      CompletableFuture<SinkSession> released =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return session.flush(310);
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              });
      assertThatThrownBy(() -> released.get(1, TimeUnit.SECONDS))
          .isInstanceOf(TimeoutException.class);
      other.abortTransaction();
      released.get(60, TimeUnit.SECONDS);
      assertThat(said(topics)).containsExactly("r1", "c2");
    }
  }

  @Test
  void whatWaitedForAnAttemptThatDiedIsVoidThoughReadersDoNotSeeItYet() throws Exception {
    try (KafkaFixture topics = fixture();
        SinkSession session = SinkSession.open(topics);
        var other = heldBack(topics)) {
      session.phase(ITEMS.name(), Phase.COPYING);
      session.stage(Batches.of(ITEMS).at(99).attempt().read(1L, "a").batch()).flush(150);
      session.stage(Batches.of(ITEMS).at(200).insert(7L, "void").batch()).flush(210);
      session.stage(Batches.of(ITEMS).at(399).attempt().read(2L, "b").batch());
      session.stage(Batches.of(ITEMS).at(500).insert(9L, "kept").batch()).flush(510);
      other.abortTransaction();
      session.phase(ITEMS.name(), Phase.MEMBER).flush(610);
      assertThat(said(topics)).containsExactly("r1", "t", "r2", "c9");
    }
  }
}
