package io.tidemark.embedded;

/**
 * An embedded server could not do what it was asked to. The message reads {@code Cannot <verb>
 * <object>: <reason>. <what to do>.}
 */
public final class EmbeddedServerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  EmbeddedServerException(String message) {
    super(message);
  }

  EmbeddedServerException(String message, Throwable cause) {
    super(message, cause);
  }
}
