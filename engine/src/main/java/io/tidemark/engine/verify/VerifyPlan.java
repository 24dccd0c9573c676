package io.tidemark.engine.verify;

import io.tidemark.api.model.TableName;
import java.util.function.Predicate;

/**
 * What is to be compared.
 *
 * @param tables which tables, by their names at the source
 * @param mode how positions are chosen
 * @param sample share of the rows that are compared, above 0 to 1
 * @param seed of the choice of a sample
 * @param roundRows rows of one round, 1 or more
 */
public record VerifyPlan(
    Predicate<TableName> tables, Mode mode, double sample, long seed, int roundRows) {
  /** How positions are chosen. */
  public enum Mode {
    /** The source as it is, range by range; what differs is looked at again at one position. */
    ROUNDS,
    /** Everything at one position, under one snapshot. */
    ONE_POSITION
  }
}
