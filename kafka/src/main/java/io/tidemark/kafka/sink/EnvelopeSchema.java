package io.tidemark.kafka.sink;

import io.tidemark.api.model.TableSchema;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The schemas of Debezium's events, of keys and of envelopes. */
final class EnvelopeSchema {
  private static final String SNAPSHOTS =
      "true,first,first_in_data_collection,last_in_data_collection,last,false,incremental";
  static final ConnectSchema SOURCE = source();
  static final ConnectSchema TRANSACTION = transaction();

  private EnvelopeSchema() {}

  private static ConnectSchema source() {
    Map<String, ConnectSchema> fields = new LinkedHashMap<>();
    fields.put("version", ConnectSchema.STRING);
    fields.put("connector", ConnectSchema.STRING);
    fields.put("name", ConnectSchema.STRING);
    fields.put("ts_ms", ConnectSchema.INT64);
    fields.put(
        "snapshot",
        ConnectSchema.STRING
            .named("io.debezium.data.Enum", 1)
            .parameter("allowed", SNAPSHOTS)
            .standard("false")
            .asOptional());
    fields.put("db", ConnectSchema.STRING);
    fields.put("sequence", ConnectSchema.STRING.asOptional());
    fields.put("ts_us", ConnectSchema.INT64.asOptional());
    fields.put("ts_ns", ConnectSchema.INT64.asOptional());
    fields.put("schema", ConnectSchema.STRING);
    fields.put("table", ConnectSchema.STRING);
    fields.put("txId", ConnectSchema.INT64.asOptional());
    fields.put("lsn", ConnectSchema.INT64.asOptional());
    fields.put("xmin", ConnectSchema.INT64.asOptional());
    fields.put("origin", ConnectSchema.STRING.asOptional());
    fields.put("origin_lsn", ConnectSchema.INT64.asOptional());
    return ConnectSchema.struct(fields).named("io.debezium.connector.postgresql.Source", 1);
  }

  private static ConnectSchema transaction() {
    Map<String, ConnectSchema> fields = new LinkedHashMap<>();
    fields.put("id", ConnectSchema.STRING);
    fields.put("total_order", ConnectSchema.INT64);
    fields.put("data_collection_order", ConnectSchema.INT64);
    return ConnectSchema.struct(fields).named("event.block", 1).asOptional();
  }

  /**
   * Of the key of a table.
   *
   * @param name what Debezium calls the table: prefix, schema and table
   */
  static ConnectSchema key(TableSchema table, List<ColumnForm> forms, String name) {
    Map<String, ConnectSchema> fields = new LinkedHashMap<>();
    for (int attnum : table.key()) {
      int at = table.indexOf(attnum);
      fields.put(table.columns().get(at).name(), forms.get(at).schema());
    }
    return ConnectSchema.struct(fields).named(name + ".Key");
  }

  /** Of the envelope of a table's changes; the name as for {@link #key}. */
  static ConnectSchema envelope(TableSchema table, List<ColumnForm> forms, String name) {
    Map<String, ConnectSchema> row = new LinkedHashMap<>();
    for (int at = 0; at < forms.size(); at++) {
      row.put(table.columns().get(at).name(), forms.get(at).schema());
    }
    ConnectSchema value = ConnectSchema.struct(row).named(name + ".Value").asOptional();
    Map<String, ConnectSchema> fields = new LinkedHashMap<>();
    fields.put("before", value);
    fields.put("after", value);
    fields.put("source", SOURCE);
    fields.put("transaction", TRANSACTION);
    fields.put("op", ConnectSchema.STRING);
    fields.put("ts_ms", ConnectSchema.INT64.asOptional());
    fields.put("ts_us", ConnectSchema.INT64.asOptional());
    fields.put("ts_ns", ConnectSchema.INT64.asOptional());
    return ConnectSchema.struct(fields).named(name + ".Envelope", 2);
  }
}
