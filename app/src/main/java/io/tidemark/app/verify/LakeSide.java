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
import io.tidemark.engine.verify.CopySide;
import io.tidemark.postgres.PostgresConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/** A lake as one side of a comparison, read with DuckDB as a user reads it. */
final class LakeSide implements CopySide {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final LakeCopy lake;
  private final DuckDbCopy reader;
  private final List<Subject> subjects;

  private LakeSide(LakeCopy lake, DuckDbCopy reader, List<Subject> subjects) {
    this.lake = lake;
    this.reader = reader;
    this.subjects = List.copyOf(subjects);
  }

  /** Takes an open lake over. */
  static LakeSide of(
      LakeCopy lake, PostgresConfig source, Predicate<TableName> tables, Path scratch) {
    Promise promise = new Promise(source, lake.tidemark().lsn());
    Map<TableName, List<JsonNode>> letters = letters(lake);
    List<Subject> subjects = new ArrayList<>();
    Set<TableName> names = new TreeSet<>(lake.state().tables().keySet());
    names.addAll(lake.state().schemas().keySet());
    names.removeIf(tables.negate());
    for (TableName name : names) {
      Optional<CopiedTable> copied = lake.copied(name);
      List<TableSchema> forms = lake.state().schemas().getOrDefault(name, List.of());
      subjects.add(
          new Subject(
              name,
              forms.isEmpty() ? promise.noForm(name) : forms.get(forms.size() - 1),
              copied,
              promise.exception(name, lake.state().tables().get(name), forms, copied),
              copied
                  .map(CopiedTable::schema)
                  .map(form -> parked(form, letters.getOrDefault(form.name(), List.of())))
                  .orElse(Parked.NOTHING)));
    }
    List<CopiedTable> readable =
        subjects.stream()
            .filter(subject -> subject.excepted().isEmpty())
            .flatMap(subject -> subject.copied().stream())
            .toList();
    return new LakeSide(
        lake,
        DuckDbCopy.open(
            lake.tidemark(), readable, DuckDbOptions.standard(scratch.resolve("spill"))),
        subjects);
  }

  private static Map<TableName, List<JsonNode>> letters(LakeCopy lake) {
    Map<TableName, List<JsonNode>> letters = new HashMap<>();
    for (String text : lake.letters()) {
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
    try (lake) {
      reader.close();
    }
  }
}
