package io.tidemark.engine.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import io.tidemark.api.model.TableState;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.api.source.SourceEvent;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class StateCodecTest {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private static final TableName DOTTED = new TableName("we.ird", "Ta/ble");

  /** A state with every phase, every data type and every odd name. */
  private static PipelineState sample() {
    SortedMap<TableName, TableState> tables = new TreeMap<>();
    for (Phase phase : Phase.values()) {
      tables.put(
          new TableName("public", "t_" + phase.word()),
          new TableState(phase, 3, Optional.of("why \"so\""), 5, -1, Lsn.parse("16/B374D848")));
    }
    tables.put(DOTTED, TableState.waiting());
    SortedMap<TableName, List<TableSchema>> schemas = new TreeMap<>();
    schemas.put(DOTTED, List.of(form(1, Optional.empty()), form(2, Optional.of("0"))));
    SortedMap<String, String> notes =
        new TreeMap<>(Map.of("system", "7", "chunk/public.t/1", "{}"));
    return new PipelineState(tables, schemas, new TreeMap<>(), notes);
  }

  private static TableSchema form(int version, Optional<String> backfill) {
    List<DataType> types =
        List.of(
            new DataType.Bool(),
            new DataType.Int(16),
            new DataType.Int(32),
            new DataType.Int(64),
            new DataType.Float(32),
            new DataType.Float(64),
            new DataType.Decimal(38, 10),
            new DataType.Text(),
            new DataType.Json(),
            new DataType.Bytes(),
            new DataType.Uuid(),
            new DataType.Date(),
            new DataType.Time(),
            new DataType.Timestamp(true),
            new DataType.Timestamp(false),
            new DataType.ListOf(new DataType.ListOf(new DataType.Text())),
            new DataType.Struct(
                List.of(
                    new DataType.Field("a", new DataType.Decimal(5, 0)),
                    new DataType.Field("b", new DataType.ListOf(new DataType.Uuid())))));
    List<Column> columns = new ArrayList<>();
    for (int i = 0; i < types.size(); i++) {
      columns.add(
          new Column(
              i * 2 + 1, "c" + i, types.get(i), "pg", -2, i - 1, i % 2 == 0, i % 3 == 0, backfill));
    }
    return new TableSchema(DOTTED, -5, version, columns, List.of(3, 1), ReplicaIdentity.FULL, true);
  }

  @Test
  void whatIsWrittenIsReadBack() {
    assertThat(StateCodec.decode(StateCodec.encode(sample()))).isEqualTo(sample());
    assertThat(StateCodec.decode(new TreeMap<>())).isEqualTo(PipelineState.EMPTY);
  }

  @Test
  void definitionsAreKeptAsTheyWereGiven() {
    PipelineState sample = sample();
    PipelineState defined =
        new PipelineState(
            sample.tables(),
            sample.schemas(),
            new TreeMap<>(Map.of(DOTTED, "{\"odd\": \"text\"}", TableName.parse("a.b"), "no JSON")),
            sample.notes());
    SortedMap<String, String> stored = StateCodec.encode(defined);
    assertThat(StateCodec.decode(stored)).isEqualTo(defined);
    StateTracker tracker = new StateTracker(defined, stored);
    tracker.apply(new SourceEvent.Definition(DOTTED, "{\"odd\": \"text\"}"));
    assertThat(tracker.changes()).isEmpty();
    tracker.apply(new SourceEvent.Definition(DOTTED, "{}"));
    assertThat(tracker.changes().keySet()).containsExactly("definition/we.ird.Ta/ble");
  }

  @Test
  void theStoredSampleOfForm1IsReadAndStillWrittenTheSame() throws IOException {
    assertThat(StateCodec.decode(stored("state-form-1.json"))).isEqualTo(sample());
    assertThat(StateCodec.encode(sample())).isEqualTo(stored("state-form-1.json"));
  }

  private static SortedMap<String, String> stored(String name) throws IOException {
    try (InputStream in = StateCodecTest.class.getResourceAsStream(name)) {
      SortedMap<String, String> entries = new TreeMap<>();
      JSON.readTree(in)
          .properties()
          .forEach(entry -> entries.put(entry.getKey(), entry.getValue().asText()));
      return entries;
    }
  }

  @Test
  void aNewerFormIsRefusedByName() {
    assertThatThrownBy(() -> StateCodec.decode(new TreeMap<>(Map.of("format", "2"))))
        .isInstanceOf(TidemarkException.class)
        .hasMessage(
            "Cannot read the pipeline's state: it has form 2, and this version of Tidemark knows"
                + " forms up to 1. Run the version that wrote it, or a newer one.")
        .extracting(e -> ((TidemarkException) e).code())
        .isEqualTo(ErrorCode.STATE_TOO_NEW);
  }

  @Test
  void damageIsNamed() {
    for (Map<String, String> entries :
        List.of(
            Map.of("table/public.a", "{}"),
            Map.of("format", "1", "table/public.a", "{}"),
            Map.of("format", "1", "table/public.a", "no"),
            Map.of("format", "x"),
            Map.of("format", "1", "schema/public.a", "{\"schema\":\"public\",\"table\":\"a\"}"))) {
      assertThatThrownBy(() -> StateCodec.decode(new TreeMap<>(entries)))
          .isInstanceOf(TidemarkException.class)
          .hasMessageContaining("is damaged")
          .extracting(e -> ((TidemarkException) e).code())
          .isEqualTo(ErrorCode.DESTINATION_CHANGED);
    }
  }

  /** Several commits wait for one flush: each is the difference to the one before it. */
  @Test
  void whatACommitBringsAndTheNextTakesBackIsTakenBack() {
    StateTracker tracker = new StateTracker(sample(), StateCodec.encode(sample()));
    tracker.put("letter/x", Optional.of("a row"));
    tracker.put("letter/y", Optional.of("another"));
    assertThat(tracker.takeChanges().keySet()).containsExactly("letter/x", "letter/y");
    tracker.put("letter/x", Optional.empty());
    assertThat(tracker.takeChanges()).isEqualTo(Map.of("letter/x", Optional.empty()));
    tracker.put("letter/x", Optional.empty());
    assertThat(tracker.takeChanges()).isEmpty();
  }

  @Test
  void aTrackerTellsTheDifferenceAlone() {
    SortedMap<String, String> stored = StateCodec.encode(sample());
    stored.put("note/old", "gone at the source");
    stored.put("letter/x", "not the codec's");
    StateTracker tracker = new StateTracker(sample(), stored);
    assertThat(tracker.changes()).isEqualTo(Map.of("note/old", Optional.empty()));
    assertThat(tracker.takeChanges()).isEqualTo(Map.of("note/old", Optional.empty()));
    assertThat(tracker.changes()).isEmpty();

    TableName name = new TableName("public", "t_member");
    TableState was = tracker.tables().get(name);
    tracker.apply(new SourceEvent.TableChange(name, was.in(Phase.COPYING, Lsn.ZERO)));
    tracker.apply(new SourceEvent.Note("system", Optional.empty()));
    assertThat(tracker.changes().keySet()).containsExactly("note/system", "table/public.t_member");
    tracker.apply(new SourceEvent.TableChange(name, was));
    assertThat(tracker.changes().keySet()).containsExactly("note/system");

    tracker.apply(new SourceEvent.SchemaChange(form(2, Optional.of("7"))));
    SortedMap<String, String> now = new TreeMap<>(stored);
    tracker
        .changes()
        .forEach(
            (key, value) -> value.ifPresentOrElse(v -> now.put(key, v), () -> now.remove(key)));
    assertThat(StateCodec.decode(now).schemas().get(DOTTED))
        .containsExactly(form(1, Optional.empty()), form(2, Optional.of("7")));
  }
}
