package io.tidemark.kafka.sink;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Heartbeats, and BEGIN and END of transactions, as Debezium writes them. */
final class Notices {
  private static final String COMMON = "io.debezium.connector.common.";

  private final KafkaSinkConfig config;
  private final byte[] heartbeatKey;
  private long lastBeat = System.nanoTime();
  private boolean beats;

  Notices(KafkaSinkConfig config) {
    this.config = config;
    JsonBuffer key = new JsonBuffer().put('{');
    ColumnForms.field(key, "serverName").string(config.prefix()).put('}');
    this.heartbeatKey =
        enclosed(
            ConnectSchema.struct(Map.of("serverName", ConnectSchema.STRING))
                .named(COMMON + "ServerNameKey", 1),
            key);
  }

  private byte[] enclosed(ConnectSchema schema, JsonBuffer payload) {
    if (!config.json().schemas()) {
      return payload.bytes();
    }
    return new JsonBuffer()
        .put(ColumnForms.json("{\"schema\":" + schema.json() + ",\"payload\":"))
        .put(payload.bytes())
        .put('}')
        .bytes();
  }

  /** Sends what is due. */
  void write(Writing to, TransactionOrders orders) {
    if (config.json().metadata()) {
      orders.all().forEach(transaction -> transaction(to, transaction));
    }
    long now = System.nanoTime();
    beats = !config.heartbeat().isZero() && now - lastBeat >= config.heartbeat().toNanos();
    if (beats) {
      heartbeat(to);
    }
  }

  /** What was sent is committed. */
  void written() {
    if (beats) {
      lastBeat = System.nanoTime();
    }
  }

  private void heartbeat(Writing to) {
    JsonBuffer value = new JsonBuffer().put('{');
    ColumnForms.field(value, "ts_ms").number(System.currentTimeMillis()).put('}');
    byte[] beat =
        enclosed(
            ConnectSchema.struct(Map.of("ts_ms", ConnectSchema.INT64))
                .named(COMMON + "Heartbeat", 1),
            value);
    to.send(new ProducerRecord<>(config.names().heartbeats(), 0, heartbeatKey, beat), 1);
  }

  private void transaction(Writing to, TransactionOrders.Counted transaction) {
    JsonBuffer id = new JsonBuffer().put('{');
    ColumnForms.field(id, "id").plain(transaction.id()).put('}');
    byte[] key =
        enclosed(
            ConnectSchema.struct(Map.of("id", ConnectSchema.STRING))
                .named(COMMON + "TransactionMetadataKey", 1),
            id);
    String topic = config.names().transactions();
    to.send(new ProducerRecord<>(topic, 0, key, status("BEGIN", transaction, false)), 1);
    to.send(new ProducerRecord<>(topic, 0, key, status("END", transaction, true)), 1);
  }

  private byte[] status(String word, TransactionOrders.Counted transaction, boolean counted) {
    JsonBuffer to = new JsonBuffer().put('{');
    ColumnForms.field(to, "status").plain(word).put(',');
    ColumnForms.field(to, "id").plain(transaction.id()).put(',');
    ColumnForms.field(to, "event_count");
    if (counted) {
      to.number(transaction.total());
      collections(to, transaction);
    } else {
      ColumnForms.field(to.ofNull().put(','), "data_collections").ofNull();
    }
    ColumnForms.field(to.put(','), "ts_ms")
        .number(Math.floorDiv(transaction.committedAtMicros(), 1000))
        .put('}');
    return enclosed(statusSchema(), to);
  }

  private static void collections(JsonBuffer to, TransactionOrders.Counted transaction) {
    ColumnForms.field(to.put(','), "data_collections").put('[');
    boolean[] first = {true};
    transaction
        .events()
        .forEach(
            (table, count) -> {
              to.put(ColumnForms.json(first[0] ? "{" : ",{"));
              first[0] = false;
              ColumnForms.field(to, "data_collection").string(table.toString()).put(',');
              ColumnForms.field(to, "event_count").number(count).put('}');
            });
    to.put(']');
  }

  private static ConnectSchema statusSchema() {
    Map<String, ConnectSchema> collection = new LinkedHashMap<>();
    collection.put("data_collection", ConnectSchema.STRING);
    collection.put("event_count", ConnectSchema.INT64);
    Map<String, ConnectSchema> fields = new LinkedHashMap<>();
    fields.put("status", ConnectSchema.STRING);
    fields.put("id", ConnectSchema.STRING);
    fields.put("event_count", ConnectSchema.INT64.asOptional());
    fields.put(
        "data_collections",
        ConnectSchema.array(
                ConnectSchema.struct(collection).named("event.collection", 1).asOptional())
            .asOptional());
    fields.put("ts_ms", ConnectSchema.INT64);
    return ConnectSchema.struct(fields).named(COMMON + "TransactionMetadataValue", 1);
  }
}
