package io.tidemark.engine.pipeline;

import io.tidemark.api.sink.Sink;
import java.util.function.Supplier;

/**
 * A destination of a pipeline.
 *
 * @param name unique within the pipeline; what status and messages call it
 * @param type the {@code type:} tag it was configured with
 * @param factory makes a sink that was not opened yet; asked again each time the sink is opened
 *     anew
 */
public record NamedSink(String name, String type, Supplier<Sink> factory) {}
