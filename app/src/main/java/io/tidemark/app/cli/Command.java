package io.tidemark.app.cli;

/** A command of the program. Its options are fields that picocli fills before it runs. */
public interface Command {
  /**
   * Does what it is for.
   *
   * @throws io.tidemark.api.error.TidemarkException for everything that a person can mend
   */
  Answer run(Session session) throws Exception;
}
