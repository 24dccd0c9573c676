package io.tidemark.kafka.sink;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.KafkaException;

/**
 * What a Kafka sink holds, seen without taking the writing.
 *
 * @param position the tidemark
 * @param committedAtMicros commit time of the last transaction below it, microseconds since 1970
 *     UTC
 * @param entries the engine's state
 * @param rows changes that were ever written, by table
 */
public record KafkaLook(
    Position position,
    long committedAtMicros,
    SortedMap<String, String> entries,
    SortedMap<TableName, Long> rows) {

  /**
   * Reads the state topic; nothing is in it where no pipeline has written yet.
   *
   * @throws TidemarkException DESTINATION when the cluster cannot be asked
   */
  public static KafkaLook at(KafkaSinkConfig config) {
    Clients clients = new Clients(config);
    String topic = config.names().state();
    try (Topics topics = new Topics(clients, config);
        var consumer = clients.consumer()) {
      if (topics.find(topic).isEmpty()) {
        return new KafkaLook(Position.NONE, 0, new TreeMap<>(), new TreeMap<>());
      }
      StoredState state = StoredState.read(consumer, topic);
      return new KafkaLook(
          state.tidemark(), state.committedAtMicros(), state.entries(), state.rows());
    } catch (ExecutionException | KafkaException e) {
      throw refused(config, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw refused(config, e);
    }
  }

  private static TidemarkException refused(KafkaSinkConfig config, Exception e) {
    return new TidemarkException(
        ErrorCode.DESTINATION,
        "Cannot read the copy in " + config.place() + ": " + Failures.words(e) + ".",
        e);
  }
}
