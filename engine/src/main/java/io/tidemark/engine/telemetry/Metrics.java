package io.tidemark.engine.telemetry;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.tidemark.engine.pipeline.PipelineStatus;
import java.util.function.Supplier;

/** Registers the metrics of a pipeline, and describes them for the reference. */
public final class Metrics {
  private Metrics() {}

  /**
   * Registers every metric.
   *
   * @param status read at each scrape; cheap; the caller keeps it reachable, the registry does not
   */
  public static void bind(MeterRegistry registry, Supplier<PipelineStatus> status) {
    PipelineStatus first = status.get();
    Tags pipeline = Tags.of("pipeline", first.pipeline());
    for (Metric metric : Metric.ALL) {
      if (metric.kind() == Metric.Kind.COUNTER) {
        FunctionCounter.builder(metric.name(), status, of -> metric.value().applyAsDouble(of.get()))
            .description(metric.description())
            .tags(pipeline)
            .register(registry);
      } else {
        Gauge.builder(metric.name(), status, of -> metric.value().applyAsDouble(of.get()))
            .description(metric.description())
            .tags(pipeline)
            .register(registry);
      }
    }
    for (int i = 0; i < first.sinks().size(); i++) {
      bind(registry, status, pipeline.and("sink", first.sinks().get(i).name()), i);
    }
  }

  private static void bind(
      MeterRegistry registry, Supplier<PipelineStatus> status, Tags tags, int sink) {
    for (Metric.OfSink metric : Metric.OF_SINK) {
      if (metric.kind() == Metric.Kind.COUNTER) {
        FunctionCounter.builder(
                metric.name(),
                status,
                of -> metric.value().applyAsDouble(of.get().sinks().get(sink)))
            .description(metric.description())
            .tags(tags)
            .register(registry);
      } else {
        Gauge.builder(
                metric.name(),
                status,
                of -> metric.value().applyAsDouble(of.get().sinks().get(sink)))
            .description(metric.description())
            .tags(tags)
            .register(registry);
      }
    }
  }

  /** The reference of every metric, as Markdown. */
  public static String page() {
    StringBuilder page = new StringBuilder();
    page.append("# Metrics\n\n")
        .append("This page is generated from the program; a test fails when it is stale.\n\n")
        .append("With `metrics.port`, `GET /metrics` answers in Prometheus' text form and `GET")
        .append(
            " /health` with 200 while the pipeline is well, with 503 and the reasons when it has")
        .append(" failed, when nothing has moved although the source has, or when the source or a")
        .append(" sink cannot be reached for a minute. Every metric has the tag `pipeline`. Beside")
        .append(" these there are Micrometer's metrics of the JVM (`jvm_*`, `process_*`).\n\n")
        .append("| metric | kind | what it says |\n|---|---|---|\n");
    for (Metric metric : Metric.ALL) {
      line(page, metric.name(), metric.kind(), metric.description());
    }
    page.append("\nOf each sink, with the tag `sink`:\n\n")
        .append("| metric | kind | what it says |\n|---|---|---|\n");
    for (Metric.OfSink metric : Metric.OF_SINK) {
      line(page, metric.name(), metric.kind(), metric.description());
    }
    return page.toString();
  }

  private static void line(StringBuilder page, String name, Metric.Kind kind, String description) {
    page.append("| `")
        .append(name.replace('.', '_'))
        .append(kind == Metric.Kind.COUNTER ? "_total" : "")
        .append("` | ")
        .append(kind.name().toLowerCase(java.util.Locale.ROOT))
        .append(" | ")
        .append(description)
        .append(" |\n");
  }
}
