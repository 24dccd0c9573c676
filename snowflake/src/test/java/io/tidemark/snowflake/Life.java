package io.tidemark.snowflake;

import java.sql.SQLException;

/** The life of a process: it ends at a statement, and nothing that it says later arrives. */
final class Life {
  static final long FOR_EVER = Long.MAX_VALUE;

  /** What a process hears that is no more. */
  static final class Ended extends SQLException {
    private static final long serialVersionUID = 1L;

    Ended(String sql) {
      super("the process died at " + sql, "08006");
    }
  }

  private final long statements;
  private final boolean arrives;
  private long said;
  private boolean dead;

  /**
   * @param statements how many it may say; the next ends it
   * @param arrives whether that last one is still done, and only its answer lost
   */
  Life(long statements, boolean arrives) {
    this.statements = statements;
    this.arrives = arrives;
  }

  void before(String sql) throws Ended {
    if (dead || said++ == statements && !arrives) {
      dead = true;
      throw new Ended(sql);
    }
  }

  void after(String sql) throws Ended {
    if (said > statements) {
      dead = true;
      throw new Ended(sql);
    }
  }

  void requireAlive() throws Ended {
    if (dead) {
      throw new Ended("a new session");
    }
  }

  boolean isDead() {
    return dead;
  }
}
