package io.tidemark.testkit.seen;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The page docs/reference/sinks.md, put together from what the sinks' tests have seen. */
public final class SinksPage {
  private static final List<String> SINKS = List.of("parquet", "duckdb", "postgres", "snowflake");

  private SinksPage() {}

  /** The page, from the files of all sinks. */
  public static String text() throws IOException {
    Map<String, JsonNode> seen = new LinkedHashMap<>();
    for (String sink : SINKS) {
      seen.put(
          sink,
          new ObjectMapper().readTree(Files.readString(SeenFile.FOLDER.resolve(sink + ".json"))));
    }
    StringBuilder page =
        new StringBuilder(
            """
            # Schema changes and types in each sink

            <!-- Generated from docs/reference/seen, which each sink's contract test compares with what it just saw. To
                 write it anew: the contract tests with -Dseen=write, then ReferenceTest with -Dreference=write. -->

            Each cell is what a test has seen: rows were written before and after a change, and every value was read back by another client
            of the destination than the one that wrote it. *exact* means that all of them were equal. Parquet keeps every change, and there the whole
            history is compared; the others keep current rows. The Snowflake column was seen on a stand-in, never on an
            account ([what that means](../guide/snowflake.md#what-was-tried)).

            ## Schema changes

            *Comes as* is what the source makes of it for the sinks ([how it follows changes](../guide/schema-changes.md)). Where a column's type changes,
            it is named.

            """);
    List<List<String>> changes = new ArrayList<>();
    for (FormCase each : FormCase.all()) {
      changes.add(row(List.of(each.name(), each.comes()), seen, "changes", each.name()));
    }
    table(page, List.of("at the source", "comes as"), changes);
    page.append(
        """

        ## Types

        The destination's type of a column, by its own catalog (for Parquet as DuckDB reads it, for Snowflake as the sink's statements name it); every value came back equal. Which types of PostgreSQL are held how is on
        the [page of types](types.md).

        """);
    table(page, List.of("PostgreSQL"), held(seen, "types"));
    page.append(
        """

        ## Values that a type cannot hold

        With `overflow: raw`, the default. `text` makes the column text, `reject` is for [`on-reject`](../guide/dead-letters.md).

        """);
    table(page, List.of("PostgreSQL"), held(seen, "odd"));
    page.append(
        """

        ## What is refused

        An example for each sink, with its words. A table that is refused leaves the copy with the reason; a row is for [`on-reject`](../guide/dead-letters.md).

        """);
    seen.forEach(
        (sink, file) ->
            file.path("refused")
                .properties()
                .forEach(
                    each ->
                        page.append(
                            "- `%s`, %s: %s%n"
                                .formatted(sink, each.getKey(), each.getValue().asText()))));
    return page.toString();
  }

  private static List<List<String>> held(Map<String, JsonNode> seen, String part) {
    List<List<String>> rows = new ArrayList<>();
    for (HeldCase each : HeldCase.all()) {
      if (part.equals("types") || !each.odd().isEmpty()) {
        rows.add(row(List.of(each.name()), seen, part, each.name()));
      }
    }
    return rows;
  }

  private static List<String> row(
      List<String> heads, Map<String, JsonNode> seen, String part, String name) {
    List<String> cells = new ArrayList<>(heads);
    seen.values().forEach(file -> cells.add(file.path(part).path(name).asText("not seen")));
    return cells;
  }

  private static void table(StringBuilder page, List<String> heads, List<List<String>> rows) {
    List<String> all = new ArrayList<>(heads);
    all.addAll(SINKS);
    page.append("| ").append(String.join(" | ", all)).append(" |\n");
    page.append("|---".repeat(all.size())).append("|\n");
    rows.forEach(row -> page.append("| ").append(String.join(" | ", row)).append(" |\n"));
  }
}
