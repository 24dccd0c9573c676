package io.tidemark.postgres.sink;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.api.model.TableName;
import io.tidemark.postgres.catalog.TableDefinitions;
import java.util.List;
import java.util.Optional;

/**
 * What the source's catalog says of a table, as {@link TableDefinitions} writes it.
 *
 * @param database which database that is, the same for no two
 * @param schema of the table at the source
 * @param comment null for none, as all texts here that may be missing
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record Definition(
    int format,
    String database,
    String schema,
    String table,
    String comment,
    List<ColumnPart> columns,
    List<TypePart> types,
    List<IndexPart> indexes,
    List<ConstraintPart> constraints) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * A column.
   *
   * @param expression of its default, or what generates it
   * @param generated {@code s} or {@code v}; null for none
   * @param identity {@code a} (always) or {@code d} (by default); null for none
   * @param foreign whether the expression needs a function that is not PostgreSQL's own
   * @param uses the columns that it is generated from
   * @param sequences that it owns, or that its default uses
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record ColumnPart(
      int attnum,
      String name,
      String type,
      String expression,
      String generated,
      String identity,
      boolean notNull,
      boolean foreign,
      List<Integer> uses,
      String collation,
      String comment,
      List<SequencePart> sequences) {
    ColumnPart {
      uses = orEmpty(uses);
      sequences = orEmpty(sequences);
    }
  }

  /**
   * A sequence.
   *
   * @param text its whole name as the source writes it
   * @param owned whether it goes with the column
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record SequencePart(
      String schema,
      String name,
      String text,
      String type,
      long start,
      long increment,
      long min,
      long max,
      long cache,
      boolean cycle,
      boolean owned) {
    /** How its numbers go, in SQL. */
    String options() {
      return "INCREMENT BY %d MINVALUE %d MAXVALUE %d START WITH %d CACHE %d %s"
          .formatted(increment, min, max, start, cache, cycle ? "CYCLE" : "NO CYCLE");
    }
  }

  /**
   * An enum or a domain.
   *
   * @param oid pg_type.oid
   * @param array pg_type.oid of its array
   * @param text its whole name as the source writes it
   * @param kind {@code e} or {@code d}
   * @param base what a domain stands on
   * @param standard the default of a domain
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record TypePart(
      long oid,
      long array,
      String schema,
      String name,
      String text,
      String kind,
      String base,
      long baseType,
      @com.fasterxml.jackson.annotation.JsonProperty("default") String standard,
      String comment,
      List<Label> labels,
      List<Check> checks) {
    TypePart {
      labels = orEmpty(labels);
      checks = orEmpty(checks);
    }

    boolean isEnum() {
      return kind.equals("e");
    }
  }

  /**
   * A label of an enum.
   *
   * @param oid pg_enum.oid, which a rename leaves alone
   */
  record Label(long oid, String label) {}

  /** A check of a domain. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record Check(String name, String definition, boolean foreign) {}

  /**
   * An index that belongs to no constraint.
   *
   * @param definition from USING on
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record IndexPart(
      String name, boolean unique, String definition, boolean foreign, List<Integer> uses) {
    IndexPart {
      uses = orEmpty(uses);
    }
  }

  /**
   * A constraint.
   *
   * @param kind {@code u}, {@code x}, {@code c} or {@code f}
   * @param target of a foreign key; else null
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record ConstraintPart(
      String name,
      String kind,
      String definition,
      boolean deferrable,
      boolean foreign,
      List<Integer> uses,
      Target target) {
    ConstraintPart {
      uses = orEmpty(uses);
    }
  }

  /**
   * Where a foreign key points.
   *
   * @param text the table's whole name as the source writes it
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record Target(String schema, String table, String text, List<Integer> uses) {
    TableName name() {
      return new TableName(schema, table);
    }
  }

  Definition {
    columns = orEmpty(columns);
    types = orEmpty(types);
    indexes = orEmpty(indexes);
    constraints = orEmpty(constraints);
  }

  private static <T> List<T> orEmpty(List<T> list) {
    return list == null ? List.of() : List.copyOf(list);
  }

  /** Reads a definition; empty where it is of a form that is not known here. */
  static Optional<Definition> parse(String text) {
    try {
      Definition read = JSON.readValue(text, Definition.class);
      return read.format() == TableDefinitions.FORMAT ? Optional.of(read) : Optional.empty();
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  /** The table's name at the source. */
  TableName source() {
    return new TableName(schema, table);
  }

  Optional<ColumnPart> column(int attnum) {
    return columns.stream().filter(column -> column.attnum() == attnum).findFirst();
  }

  /** Whether all of these columns are in a form, under the names that the source gives them. */
  boolean namesAsIn(TargetForm form, List<Integer> uses) {
    return uses.stream()
        .allMatch(
            attnum ->
                form.part(attnum)
                    .filter(
                        part ->
                            column(attnum).map(own -> own.name().equals(part.name())).orElse(false))
                    .isPresent());
  }
}
