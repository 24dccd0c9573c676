package io.tidemark.api.error;

import java.util.Objects;

/**
 * A failure told to a person. The message reads {@code Cannot <verb> <object>: <reason with
 * values>. <what to do>.} and never holds a secret or the values of a row.
 */
public final class TidemarkException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final ErrorCode code;

  public TidemarkException(ErrorCode code, String message) {
    this(code, message, null);
  }

  public TidemarkException(ErrorCode code, String message, Throwable cause) {
    super(message, cause);
    this.code = Objects.requireNonNull(code, "code");
  }

  /** The kind of failure. */
  public ErrorCode code() {
    return code;
  }
}
