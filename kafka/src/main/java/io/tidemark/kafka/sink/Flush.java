package io.tidemark.kafka.sink;

import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState;
import io.tidemark.api.sink.Commit;
import io.tidemark.api.sink.Staged;
import io.tidemark.kafka.sink.Event.Part;
import io.tidemark.kafka.sink.Topics.Topic;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/**
 * What one commit sends. Rows of a table that is being copied go to its topic, changes of the
 * stream wait in a topic beside it; when the copy is whole they follow, in order.
 */
final class Flush {
  private static final long MERGE_BYTES = 64L << 20;

  private final KafkaSinkConfig config;
  private final Topics topics;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Written before;
  private final SortedMap<TableName, Long> waiting;
  private final Parts parts;

  Flush(
      KafkaSinkConfig config,
      Topics topics,
      KafkaConsumer<byte[], byte[]> consumer,
      Written before,
      Parts parts) {
    this.config = config;
    this.topics = topics;
    this.consumer = consumer;
    this.before = before;
    this.waiting = new TreeMap<>(before.waiting());
    this.parts = parts;
  }

  Writing writing() {
    return parts.writing();
  }

  /** Whether changes waited before, and none do now. */
  boolean emptied() {
    return waiting.isEmpty() && !before.waiting().isEmpty();
  }

  /** Sends the events of all tables. */
  void tables(Commit commit, Writer.Work work)
      throws IOException, ExecutionException, InterruptedException {
    for (Map.Entry<TableName, Spool> staged : work.spools().entrySet()) {
      TableName table = staged.getKey();
      Topic topic = work.topics().get(table);
      if (commit.isCopying(table)) {
        hold(commit.tables().get(table).phase(), staged.getValue(), topic);
      } else if (!before.waiting().containsKey(table)) {
        send(staged.getValue(), topic);
      }
    }
    for (Map.Entry<TableName, Long> held : before.waiting().entrySet()) {
      if (!commit.isCopying(held.getKey())) {
        release(commit, held.getKey(), held.getValue(), work);
      }
    }
  }

  /** Sends what waits of a table and what has come since; or neither, if its copy was given up. */
  private void release(Commit commit, TableName table, long from, Writer.Work work)
      throws IOException, ExecutionException, InterruptedException {
    waiting.remove(table);
    TableState state = commit.tables().get(table);
    boolean whole = state != null && state.phase() == TableState.Phase.MEMBER;
    Spool come = work.spools().get(table);
    Topic topic = topics.data(config.names().topic(table));
    if (whole) {
      try (Spool all = new Spool(table, new Spool.Room(config.tempFolder(), MERGE_BYTES))) {
        Waiting.read(consumer, config.names().waiting(), from, waitingEnd(), all);
        if (come != null) {
          come.read(all::add);
        }
        send(all, topic);
      }
    } else if (come != null) {
      send(come, topic);
    }
  }

  /** The offset after the last change that waits, 0 where the state does not say it. */
  private long waitingEnd() {
    long[] next = before.offsets().get(config.names().waiting());
    return next == null ? 0 : next[0];
  }

  private void send(Spool spool, Topic topic)
      throws IOException, ExecutionException, InterruptedException {
    boolean needless = isFresh(spool, topic);
    spool.read(
        event -> {
          if (!needless || event.part() != Part.ATTEMPT) {
            parts.send(topic, event);
          }
        });
  }

  /** A topic that nobody has written to needs no word that all before it is void. */
  private boolean isFresh(Spool spool, Topic topic)
      throws ExecutionException, InterruptedException {
    return spool.attempt().isPresent()
        && !writing().nextOffsets().containsKey(topic.name())
        && topics.isUnwritten(topic);
  }

  private void hold(TableState.Phase phase, Spool spool, Topic topic)
      throws IOException, ExecutionException, InterruptedException {
    boolean direct = phase != TableState.Phase.CATCHING_UP;
    boolean needless = direct && isFresh(spool, topic);
    String aside = config.names().waiting();
    // Never before what attempts that died have left, though readers may not see it yet.
    long end = Math.max(waitingEnd(), Waiting.end(consumer, aside));
    Optional<Event> attempt = spool.attempt();
    if (attempt.isPresent()) {
      waiting.remove(spool.table()); // what waited was of an attempt that died
    }
    spool.read(
        event -> {
          if (attempt.isPresent() && event.compareTo(attempt.get()) < 0) {
            return;
          }
          if (!direct || event.part() == Part.STREAM) {
            writing().send(Waiting.record(aside, event), 1);
            waiting.putIfAbsent(spool.table(), end);
          } else if (!needless || event.part() != Part.ATTEMPT) {
            parts.send(topic, event);
          }
        });
  }

  /** Sends the state, the tidemark last, and tells what is written once this commits. */
  Written state(Commit commit) {
    writing().settle();
    Map<String, long[]> offsets = new HashMap<>(before.offsets());
    writing().nextOffsets().forEach((topic, next) -> offsets.merge(topic, next, Flush::later));
    writing().nextOffsets().keySet().stream()
        .filter(topic -> !topic.equals(config.names().state()))
        .toList()
        .forEach(
            topic -> put(StoredState.OFFSETS + topic, StoredState.offsetsJson(offsets.get(topic))));
    for (TableName table : before.waiting().keySet()) {
      if (!waiting.containsKey(table)) {
        put(StoredState.WAITING + table, null);
      }
    }
    for (Map.Entry<TableName, Long> held : waiting.entrySet()) {
      if (!held.getValue().equals(before.waiting().get(held.getKey()))) {
        put(StoredState.WAITING + held.getKey(), StoredState.fromJson(held.getValue()));
      }
    }
    commit
        .changes()
        .forEach(
            (key, value) ->
                put(
                    StoredState.ENTRY + key,
                    value.map(text -> text.getBytes(StandardCharsets.UTF_8)).orElse(null)));
    if (parts.isSplit()) {
      put(StoredState.SPLIT, null);
    }
    SortedMap<TableName, Long> rows = new TreeMap<>(before.rows());
    for (Staged piece : commit.staged()) {
      long sum = rows.merge(piece.table(), piece.rows(), Long::sum);
      put(StoredState.ROWS + piece.table(), StoredState.rowsJson(sum));
    }
    put(
        StoredState.TIDEMARK,
        StoredState.tidemarkJson(commit.tidemark(), commit.committedAtMicros(), before.epoch()));
    return new Written(before.epoch(), rows, waiting, offsets);
  }

  private void put(String key, byte[] value) {
    writing().state(key, value);
  }

  private static long[] later(long[] before, long[] now) {
    long[] later = Arrays.copyOf(before, Math.max(before.length, now.length));
    for (int partition = 0; partition < now.length; partition++) {
      later[partition] = Math.max(later[partition], now[partition]);
    }
    return later;
  }
}
