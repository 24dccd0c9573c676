package io.tidemark.app.verify;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.api.copy.CopiedTable;
import io.tidemark.api.copy.CopyReader;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.app.lake.LakeCopy;
import io.tidemark.duckdb.DuckDbCopy;
import io.tidemark.duckdb.DuckDbOptions;
import io.tidemark.engine.deadletter.LetterBox;
import io.tidemark.engine.state.PipelineState;
import io.tidemark.engine.state.StateCodec;
import io.tidemark.engine.transform.TransformChain;
import io.tidemark.engine.verify.CopySide;
import io.tidemark.postgres.PostgresConfig;
import io.tidemark.postgres.sink.PostgresCopy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;

/** A copy as one side of a comparison, read as a user reads it. */
final class ReadSide implements CopySide {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final CopyReader reader;
  private final List<Subject> subjects;

  /** What is closed behind the reader. */
  private final List<LakeCopy> behind;

  private ReadSide(CopyReader reader, List<Subject> subjects, List<LakeCopy> behind) {
    this.reader = reader;
    this.subjects = List.copyOf(subjects);
    this.behind = behind;
  }

  /** Takes an open lake over. */
  static ReadSide of(
      LakeCopy lake, PostgresConfig source, Predicate<TableName> tables, Path scratch) {
    List<Subject> subjects =
        subjects(
            lake.state(),
            new Promise(source, lake.tidemark().lsn()),
            lake.letters(),
            lake::copied,
            tables);
    List<CopiedTable> readable =
        subjects.stream()
            .filter(subject -> subject.excepted().isEmpty())
            .flatMap(subject -> subject.copied().stream())
            .toList();
    return new ReadSide(
        DuckDbCopy.open(lake.tidemark(), readable, options(scratch)), subjects, List.of(lake));
  }

  /** Takes a DuckDB file over that is open for reading. */
  static ReadSide of(
      DuckDbCopy file,
      TransformChain transforms,
      PostgresConfig source,
      Predicate<TableName> tables) {
    return of(file, file.entries(), transforms, source, tables);
  }

  /** Takes a copy in a PostgreSQL over that is open for reading. */
  static ReadSide of(
      PostgresCopy database,
      TransformChain transforms,
      PostgresConfig source,
      Predicate<TableName> tables) {
    return of(database, database.entries(), transforms, source, tables);
  }

  private static ReadSide of(
      CopyReader reader,
      SortedMap<String, String> entries,
      TransformChain transforms,
      PostgresConfig source,
      Predicate<TableName> tables) {
    PipelineState state = StateCodec.decode(entries);
    List<Subject> subjects =
        subjects(
            state,
            new Promise(source, reader.tidemark().lsn()),
            LetterBox.stored(entries),
            name ->
                LakeCopy.copyName(state, name, transforms)
                    .flatMap(
                        copied ->
                            reader.tables().stream()
                                .filter(table -> table.schema().name().equals(copied))
                                .findFirst()),
            tables);
    return new ReadSide(reader, subjects, List.of());
  }

  static DuckDbOptions options(Path scratch) {
    return DuckDbOptions.standard(scratch.resolve("spill"));
  }

  private static List<Subject> subjects(
      PipelineState state,
      Promise promise,
      List<String> parked,
      Function<TableName, Optional<CopiedTable>> copies,
      Predicate<TableName> tables) {
    Map<TableName, List<JsonNode>> letters = letters(parked);
    List<Subject> subjects = new ArrayList<>();
    Set<TableName> names = new TreeSet<>(state.tables().keySet());
    names.addAll(state.schemas().keySet());
    names.removeIf(tables.negate());
    for (TableName name : names) {
      Optional<CopiedTable> copied = copies.apply(name);
      List<TableSchema> forms = state.schemas().getOrDefault(name, List.of());
      subjects.add(
          new Subject(
              name,
              forms.isEmpty() ? promise.noForm(name) : forms.get(forms.size() - 1),
              copied,
              promise.exception(name, state.tables().get(name), forms, copied),
              copied
                  .map(CopiedTable::schema)
                  .map(form -> parked(form, letters.getOrDefault(form.name(), List.of())))
                  .orElse(Parked.NOTHING)));
    }
    return subjects;
  }

  private static Map<TableName, List<JsonNode>> letters(List<String> parked) {
    Map<TableName, List<JsonNode>> letters = new HashMap<>();
    for (String text : parked) {
      try {
        JsonNode letter = JSON.readTree(text);
        TableName table =
            new TableName(letter.get("schema").asText(), letter.get("table").asText());
        letters.computeIfAbsent(table, name -> new ArrayList<>()).add(letter);
      } catch (JsonProcessingException e) {
        throw new IllegalStateException("Cannot read a dead letter: it is no JSON.", e);
      }
    }
    return letters;
  }

  private static Parked parked(TableSchema form, List<JsonNode> letters) {
    Set<List<String>> keys = new HashSet<>();
    for (JsonNode letter : letters) {
      for (String values : List.of("values", "before")) {
        if (letter.has(values) && form.hasKey()) {
          List<String> key = new ArrayList<>();
          for (Column column : form.keyColumns()) {
            JsonNode value = letter.get(values).get(column.name());
            key.add(value == null || value.isNull() ? null : value.asText());
          }
          keys.add(key);
        }
      }
    }
    return new Parked(letters.size(), keys);
  }

  @Override
  public CopyReader reader() {
    return reader;
  }

  @Override
  public List<Subject> subjects() {
    return subjects;
  }

  @Override
  public void close() {
    try {
      reader.close();
    } finally {
      behind.forEach(LakeCopy::close);
    }
  }
}
