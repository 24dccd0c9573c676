package io.tidemark.postgres.type;

/**
 * Bytes that are no value of the type they are said to have. The message names the type and never
 * the value.
 */
public final class MalformedValueException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public MalformedValueException(String message) {
    super(message);
  }

  public MalformedValueException(String message, Throwable cause) {
    super(message, cause);
  }

  /** An error that says what is wrong with a value of a type. */
  static MalformedValueException of(String type, String reason) {
    return new MalformedValueException(
        "Cannot read a value of type " + type + ": " + reason + ". Copy the table again.");
  }
}
