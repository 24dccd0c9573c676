package io.tidemark.engine.pipeline;

import io.tidemark.engine.spill.SpillBudget;
import io.tidemark.engine.transform.TransformChain;
import java.nio.file.Path;
import java.util.Map;

/**
 * What all lives of a pipeline share.
 *
 * @param transforms every transform, in order
 * @param sinks the sinks to write to, with what was committed to each
 * @param stop ends every life
 * @param spillFolder folder of spilled batches
 * @param budget of all lanes' spilled batches together
 */
record PipelineParts(
    TransformChain transforms,
    Map<NamedSink, Tally> sinks,
    StopSignal stop,
    Path spillFolder,
    SpillBudget budget) {}
