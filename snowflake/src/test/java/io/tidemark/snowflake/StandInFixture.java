package io.tidemark.snowflake;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.api.config.Settings;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.Sink;
import io.tidemark.testkit.Batches;
import io.tidemark.testkit.CommittedRow;
import io.tidemark.testkit.CurrentRow;
import io.tidemark.testkit.Form;
import io.tidemark.testkit.SinkFixture;
import io.tidemark.testkit.Values;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A stand-in for an account and every sink that was made for it, closed at the end. */
final class StandInFixture implements SinkFixture {
  private static final Pattern RENAMED =
      Pattern.compile("RENAME COLUMN \"([^\"]+)\" TO \"([^\"]+)\"");
  private static final Pattern TYPED =
      Pattern.compile("\"([^\"]+)\" (?:SET DATA TYPE )?([A-Z_]+(\\([0-9, ]+\\))?)");

  private final StandIn account;
  private final SnowflakeConfig config;
  private final List<Sink> sinks = new ArrayList<>();
  private final Map<TableName, TableSchema> forms = new TreeMap<>();
  private Life next;

  StandInFixture(Path folder) throws SQLException {
    this(folder, Map.of());
  }

  /** With other options. */
  StandInFixture(Path folder, Map<String, Object> more) throws SQLException {
    this(folder, more, folder.resolve("stage"));
  }

  /** With files of the stage in a folder. */
  StandInFixture(Path folder, Map<String, Object> more, Path stage) throws SQLException {
    this.account = new StandIn(stage);
    this.config = config(folder, more);
  }

  /** A configuration with what is not said as it is by default. */
  static SnowflakeConfig config(Path folder, Map<String, Object> more) {
    Map<String, Object> nodes = new TreeMap<>(more);
    nodes.put("account", "myorg-account1");
    nodes.put("user", "TIDEMARK");
    nodes.putIfAbsent("private-key-file", "key.p8");
    nodes.put("warehouse", "LOADING");
    nodes.put("database", "BANK");
    nodes.put("temp-folder", folder.resolve("temp").toString());
    List<String> problems = new ArrayList<>();
    SnowflakeConfig config =
        SnowflakeConfig.from(
            Settings.read(SnowflakeConfig.SPEC, nodes, "sink", problems), "sink", problems);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(problems.toString());
    }
    return config;
  }

  StandIn account() {
    return account;
  }

  @Override
  public Sink newSink() {
    Session.Factory sessions = next == null ? account::open : account.sessions(next);
    next = null;
    Sink sink =
        new KnowingSink(
            new SnowflakeSink(config, "bank", sessions),
            schema -> forms.put(schema.name(), schema));
    sinks.add(sink);
    return sink;
  }

  /** Says what life the process has that makes the next sink. */
  StandInFixture next(Life life) {
    next = life;
    return this;
  }

  /** As the sink's last statements of DDL name them; the stand-in's own catalog has DuckDB's. */
  @Override
  public Map<String, String> columnTypes(TableName table) {
    Map<String, String> types = new TreeMap<>();
    String place = "TABLE (?:IF NOT EXISTS )?BANK\\.\"RAW\"\\.\"%s\" (.*)";
    Pattern ddl = Pattern.compile(place.formatted(table.table().toUpperCase(Locale.ROOT)));
    for (String sql : account.said()) {
      Matcher ours = ddl.matcher(sql);
      if (ours.find()) {
        note(ours.group(1), types);
      }
    }
    return types;
  }

  private static void note(String what, Map<String, String> types) {
    Matcher renamed = RENAMED.matcher(what);
    if (renamed.find()) {
      String type = types.remove(renamed.group(1).toLowerCase(Locale.ROOT));
      types.put(renamed.group(2).toLowerCase(Locale.ROOT), type);
      return;
    }
    TYPED
        .matcher(what)
        .results()
        .forEach(each -> types.put(each.group(1).toLowerCase(Locale.ROOT), each.group(2)));
  }

  @Override
  public Optional<List<CommittedRow>> history(TableName table) {
    return Optional.empty();
  }

  @Override
  public Optional<List<CurrentRow>> current(TableName table) {
    String name = table.table().toUpperCase(Locale.ROOT);
    try (Connection connection = account.connect();
        Statement statement = connection.createStatement()) {
      try (ResultSet found =
          statement.executeQuery(
              "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'RAW' AND table_name = '"
                  + name
                  + "'")) {
        found.next();
        if (found.getInt(1) == 0) {
          return Optional.of(List.of());
        }
      }
      try (ResultSet rows = statement.executeQuery("FROM BANK.RAW.\"" + name + "\"")) {
        List<CurrentRow> all = new ArrayList<>();
        while (rows.next()) {
          all.add(row(rows, forms.get(table)));
        }
        return Optional.of(all);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static CurrentRow row(ResultSet rows, TableSchema form) throws SQLException {
    Map<String, String> values = new TreeMap<>();
    Map<String, String> raw = new TreeMap<>();
    ResultSetMetaData meta = rows.getMetaData();
    for (int i = 1; i <= meta.getColumnCount(); i++) {
      String name = meta.getColumnName(i);
      String text = text(rows, i, meta.getColumnTypeName(i));
      if (text == null || name.equals(Destination.LEAF) || name.equals(Destination.ROW)) {
        continue;
      }
      boolean isRaw = name.endsWith(Destination.RAW);
      String plain = isRaw ? name.substring(0, name.length() - 5) : name;
      String column = plain.toLowerCase(Locale.ROOT);
      (isRaw ? raw : values).put(column, isRaw ? text : unpacked(form, column, text));
    }
    return new CurrentRow(values, raw);
  }

  private static String text(ResultSet rows, int i, String type) throws SQLException {
    Object value =
        switch (type) {
          case "BLOB" -> rows.getBytes(i);
          case "TIMESTAMP" -> rows.getObject(i, java.time.LocalDateTime.class);
          default -> rows.getObject(i);
        };
    return value == null ? null : Values.text(value);
  }

  /** Lists and composites are JSON; their values are shown in their order. */
  private static String unpacked(TableSchema form, String name, String text) {
    DataType type = form.column(name).map(Column::type).orElse(new DataType.Text());
    if (!(type instanceof DataType.ListOf) && !(type instanceof DataType.Struct)) {
      return text;
    }
    try {
      return Values.text(values(new ObjectMapper().readTree(text)));
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Object values(JsonNode node) {
    if (node.isContainerNode()) {
      List<Object> values = new ArrayList<>();
      node.forEach(each -> values.add(values(each)));
      return values;
    }
    return node.isNull() ? null : node.isIntegralNumber() ? node.longValue() : node.asText();
  }

  @Override
  public Optional<TableSchema> refusedForm() {
    return Optional.of(
        Form.of("public.refused").column("a", Form.TEXT).column("A", Form.TEXT).schema());
  }

  @Override
  public Optional<ChangeBatch> refusedRows() {
    TableSchema form =
        Form.of("public.refused_rows").key("id", Form.BIGINT).column("t", Form.TEXT).schema();
    return Optional.of(
        Batches.of(form).at(500).insert(1L, "short").insert(2L, "x".repeat(16 << 20 | 1)).batch());
  }

  @Override
  public void close() throws SQLException {
    sinks.forEach(Sink::close);
    account.close();
  }
}
