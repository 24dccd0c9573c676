package io.tidemark.app.live;

import io.tidemark.api.model.TableName;
import io.tidemark.engine.pipeline.PipelineStatus;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A pipeline's status for a program: what {@code --json} of demo and run prints. */
public final class PipelineFacts {
  private PipelineFacts() {}

  /** The facts by name; of each table the rows written since the process started. */
  public static Map<String, Object> of(PipelineStatus status) {
    return of(status, Map.of());
  }

  /**
   * The facts by name.
   *
   * @param current rows that tables have now, where they were counted: these are the tables' {@code
   *     rows}, and what was written goes by {@code rowsWritten}
   */
  public static Map<String, Object> of(PipelineStatus status, Map<TableName, Long> current) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("pipeline", status.pipeline());
    facts.put("state", status.state());
    facts.put("tidemark", status.tidemark());
    facts.put("tidemarkAt", status.tidemarkAt());
    facts.put("changesCaptured", status.changesCaptured());
    facts.put("rowsWritten", status.rowsWritten());
    facts.put("files", status.files());
    facts.put("bytes", status.bytes());
    facts.put("lagBytes", status.lagBytes());
    facts.put("lagSeconds", status.lagSeconds());
    facts.put("schemaGrade", status.schemaGrade());
    List<Map<String, Object>> tables = new ArrayList<>();
    for (PipelineStatus.Table table : status.tables()) {
      Map<String, Object> facet = new LinkedHashMap<>();
      facet.put("name", table.name());
      facet.put("state", table.state());
      facet.put("rows", current.getOrDefault(TableName.parse(table.name()), table.rows()));
      facet.put("rowsWritten", table.rows());
      if (!table.reason().isEmpty()) {
        facet.put("reason", table.reason());
      }
      tables.add(facet);
    }
    facts.put("tables", tables);
    return facts;
  }
}
