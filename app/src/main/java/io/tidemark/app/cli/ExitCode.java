package io.tidemark.app.cli;

import io.tidemark.api.error.ErrorCode;

/** How a command ends; scripts may rely on the numbers. */
public enum ExitCode {
  /** Done as asked. */
  OK(0),
  /** Failed, or a difference was found. */
  FAILED(1),
  /** Wrong usage or configuration; two pipelines that write to one place, for instance. */
  USAGE(2),
  /** Something around the program is missing or broken: the database, the destination, a port. */
  ENVIRONMENT(3);

  private final int number;

  ExitCode(int number) {
    this.number = number;
  }

  /** The exit status of the process. */
  public int number() {
    return number;
  }

  /** The exit code of a failure. */
  public static ExitCode of(ErrorCode code) {
    if (code == ErrorCode.CONFIGURATION || code == ErrorCode.USAGE || code == ErrorCode.FENCED) {
      return USAGE; // to be started again by nobody, or two writers would fence each other for ever
    }
    return code.category() == ErrorCode.Category.ENVIRONMENT ? ENVIRONMENT : FAILED;
  }
}
