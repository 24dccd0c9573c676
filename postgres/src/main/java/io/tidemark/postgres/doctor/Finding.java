package io.tidemark.postgres.doctor;

/**
 * Something about a database that stands against capture, or that its owner should know.
 *
 * @param severity what it means
 * @param check short name of what was looked at, stable
 * @param what what was found, a sentence
 * @param why why it matters, a sentence
 * @param remedy SQL or a setting that mends it; empty where nothing is to be done
 */
public record Finding(Severity severity, String check, String what, String why, String remedy) {
  /** What a finding means. */
  public enum Severity {
    /** Capture cannot work before it is mended. */
    BLOCKING,
    /** Capture works, and something will be missing or may go wrong. */
    WARNING,
    /** Good to know. */
    INFO
  }

  static Finding blocking(String check, String what, String why, String remedy) {
    return new Finding(Severity.BLOCKING, check, what, why, remedy);
  }

  static Finding warning(String check, String what, String why, String remedy) {
    return new Finding(Severity.WARNING, check, what, why, remedy);
  }

  static Finding info(String check, String what, String why) {
    return new Finding(Severity.INFO, check, what, why, "");
  }
}
