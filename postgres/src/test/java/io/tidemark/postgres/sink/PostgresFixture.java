package io.tidemark.postgres.sink;

import io.tidemark.api.copy.CopyReader;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.Vector;
import io.tidemark.api.sink.Capabilities;
import io.tidemark.api.sink.Commit;
import io.tidemark.api.sink.Sink;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.SinkState;
import io.tidemark.api.sink.Staged;
import io.tidemark.postgres.catalog.Sql;
import io.tidemark.postgres.type.Codecs;
import io.tidemark.postgres.type.ColumnCodec;
import io.tidemark.postgres.type.MisfitPolicy;
import io.tidemark.testkit.Batches;
import io.tidemark.testkit.CommittedRow;
import io.tidemark.testkit.CurrentRow;
import io.tidemark.testkit.Form;
import io.tidemark.testkit.SinkFixture;
import io.tidemark.testkit.Values;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A copy in a database, read by a plain connection of the driver. */
final class PostgresFixture implements SinkFixture {
  private final SinkServer server;
  private final PostgresSinkConfig config;
  private final List<Sink> sinks = new ArrayList<>();

  /** How each column was held that a sink was prepared for, by table and name. */
  private final Map<TableName, Map<String, Column>> columns = new HashMap<>();

  private final Map<Column, ColumnCodec> codecs = new HashMap<>();

  PostgresFixture(SinkServer server, PostgresSinkConfig config) {
    this.server = server;
    this.config = config;
  }

  PostgresSinkConfig config() {
    return config;
  }

  @Override
  public Sink newSink() {
    Sink sink = new Noting(new PostgresSink(config));
    sinks.add(sink);
    return sink;
  }

  @Override
  public Optional<List<CommittedRow>> history(TableName table) {
    return Optional.empty();
  }

  @Override
  public Optional<List<CurrentRow>> current(TableName table) {
    TableName place =
        new TableName(config.schemas().getOrDefault(table.schema(), table.schema()), table.table());
    try (Statement statement = server.reader().createStatement()) {
      try (ResultSet there =
          statement.executeQuery("SELECT to_regclass(" + Sql.text(Sql.name(place)) + ")")) {
        there.next();
        if (there.getString(1) == null) {
          return Optional.of(List.of());
        }
      }
      List<CurrentRow> all = new ArrayList<>();
      try (ResultSet rows = statement.executeQuery("SELECT * FROM " + Sql.name(place))) {
        while (rows.next()) {
          all.add(row(table, rows));
        }
      }
      return Optional.of(all);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public Map<String, String> columnTypes(TableName table) {
    TableName place =
        new TableName(config.schemas().getOrDefault(table.schema(), table.schema()), table.table());
    Map<String, String> types = new TreeMap<>();
    try (Statement statement = server.reader().createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid ="
                    + " to_regclass("
                    + Sql.text(Sql.name(place))
                    + ") AND attnum > 0 AND NOT attisdropped")) {
      while (rows.next()) {
        types.put(rows.getString(1), rows.getString(2));
      }
      return types;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static ColumnCodec codec(Column column) {
    TargetTypes.Printed printed = TargetTypes.printed(column);
    return new Codecs(printed.types())
        .codec(printed.column().typeOid(), column.type(), MisfitPolicy.RAW);
  }

  private CurrentRow row(TableName table, ResultSet rows) throws SQLException {
    Map<String, String> values = new TreeMap<>();
    Map<String, String> raw = new TreeMap<>();
    for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
      String name = rows.getMetaData().getColumnName(i);
      String text = rows.getString(i);
      if (text == null || name.equals(TargetForm.LEAF) || name.startsWith("own_")) {
        continue;
      }
      Column column = columns.get(table).get(name);
      ColumnData data = new ColumnData(Vector.of(column.type()));
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      codecs.computeIfAbsent(column, PostgresFixture::codec).text(utf8, 0, utf8.length, data);
      if (data.raw(0) != null) {
        raw.put(name, data.raw(0));
      } else {
        values.put(name, Values.text(Values.read(column.type(), data.vector(), 0)));
      }
    }
    return new CurrentRow(values, raw);
  }

  @Override
  public Optional<CopyReader> reader() {
    return Optional.of(PostgresCopy.open(config, entries -> List.of()));
  }

  @Override
  public Optional<TableSchema> refusedForm() {
    return Optional.of(Form.of("tidemark.refused").column("a", Form.TEXT).schema());
  }

  @Override
  public Optional<ChangeBatch> refusedRows() {
    TableSchema text = Form.of("public.short").column("word", Form.TEXT).schema();
    Column word =
        new Column(
            1,
            "word",
            new DataType.Text(),
            "character varying(3)",
            1043,
            7,
            false,
            false,
            Optional.empty());
    TableSchema shortened =
        new TableSchema(
            text.name(),
            text.relationOid(),
            1,
            List.of(word),
            List.of(),
            text.identity(),
            text.partitioned());
    return Optional.of(Batches.of(shortened).at(500).insert("abc").insert("abcd").batch());
  }

  @Override
  public void close() {
    sinks.forEach(Sink::close);
  }

  /** Notes which columns a sink is prepared for. */
  private final class Noting implements Sink {
    private final PostgresSink sink;

    private Noting(PostgresSink sink) {
      this.sink = sink;
    }

    @Override
    public Capabilities capabilities() {
      return sink.capabilities();
    }

    @Override
    public SinkState open() throws SinkException {
      return sink.open();
    }

    @Override
    public SinkState reopen(long held) throws SinkException {
      return sink.reopen(held);
    }

    @Override
    public void describe(TableName table, String definition) throws SinkException {
      sink.describe(table, definition);
    }

    @Override
    public void prepare(TableSchema schema) throws SinkException {
      sink.prepare(schema);
      Map<String, Column> known = columns.computeIfAbsent(schema.name(), name -> new HashMap<>());
      schema.columns().forEach(column -> known.put(column.name(), column));
    }

    @Override
    public void stage(ChangeBatch batch) throws SinkException {
      sink.stage(batch);
    }

    @Override
    public List<Staged> seal(Position upTo) throws SinkException {
      return sink.seal(upTo);
    }

    @Override
    public boolean isFull() {
      return sink.isFull();
    }

    @Override
    public void commit(Commit commit) throws SinkException {
      sink.commit(commit);
    }

    @Override
    public void commitEach(List<Commit> commits) throws SinkException {
      sink.commitEach(commits);
    }

    @Override
    public void close() {
      sink.close();
    }
  }
}
