package io.tidemark.engine.pipeline;

import io.tidemark.api.model.Position;
import io.tidemark.engine.spill.LaneSpill;
import io.tidemark.engine.state.StateTracker;

/**
 * A sink that was opened and knows where it begins.
 *
 * @param sink the sink, with its name in the pipeline
 * @param tidemark what it holds already
 * @param state its state, to be brought from what it stored to what the source goes by
 * @param ahead whether it holds more than the place from which the source resumes
 */
record OpenSink(
    SteadySink sink,
    Position tidemark,
    StateTracker state,
    boolean ahead,
    Tally tally,
    LaneSpill spill) {}
