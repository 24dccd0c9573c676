package io.tidemark.api.sink;

/**
 * What the commits of a sink have cost a destination that bills its work, since the sink was made.
 *
 * @param count how many commits loaded rows
 * @param sum of all of these
 * @param last the last one
 */
public record Loads(long count, Load sum, Load last) {
  /** None yet, or a destination that does not bill its work. */
  public static final Loads NONE = new Loads(0, Load.NONE, Load.NONE);

  /**
   * One commit that loaded rows.
   *
   * @param rows that it loaded
   * @param bytes of the files that it loaded
   * @param statements that the destination executed for it
   * @param seconds from its first statement to its last answer
   */
  public record Load(long rows, long bytes, long statements, double seconds) {
    static final Load NONE = new Load(0, 0, 0, 0);
  }

  /** With one more. */
  public Loads plus(Load load) {
    return new Loads(
        count + 1,
        new Load(
            sum.rows + load.rows,
            sum.bytes + load.bytes,
            sum.statements + load.statements,
            sum.seconds + load.seconds),
        load);
  }
}
