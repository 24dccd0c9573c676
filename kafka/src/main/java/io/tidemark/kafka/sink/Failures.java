package io.tidemark.kafka.sink;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.sink.SinkException;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidTxnTimeoutException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.UnsupportedVersionException;

/** Kafka's failures by the names that the engine knows. */
final class Failures {
  private Failures() {}

  /** What lies below a failure of the clients. */
  static Throwable cause(Throwable e) {
    boolean wrapped = e instanceof ExecutionException || !(e instanceof ApiException);
    return wrapped && e.getCause() != null ? cause(e.getCause()) : e;
  }

  /**
   * A failure of something that did not happen.
   *
   * @param what was tried: {@code write to Kafka at ...}
   */
  static SinkException of(String what, Throwable e) {
    Throwable cause = cause(e);
    if (cause instanceof RecordTooLargeException) {
      throw new TidemarkException(
          ErrorCode.DESTINATION_REFUSED,
          "Cannot "
              + what
              + ": "
              + words(cause)
              + ". Raise max.request.size, and max.message.bytes of the topics as far.",
          e);
    }
    if (isForGood(cause)) {
      throw new TidemarkException(
          ErrorCode.DESTINATION_REFUSED,
          "Cannot " + what + ": " + words(cause) + ". Mend the cluster's settings or ours.",
          e);
    }
    return new SinkException.Retryable("Cannot " + what + ": " + words(cause) + ".", e);
  }

  private static boolean isForGood(Throwable cause) {
    return cause instanceof AuthenticationException
        || cause instanceof AuthorizationException
        || cause instanceof InvalidConfigurationException
        || cause instanceof InvalidPartitionsException
        || cause instanceof InvalidRecordException
        || cause instanceof InvalidReplicationFactorException
        || cause instanceof InvalidTxnTimeoutException
        || cause instanceof PolicyViolationException
        || cause instanceof UnsupportedVersionException
        || cause instanceof org.apache.kafka.common.config.ConfigException;
  }

  static String words(Throwable e) {
    String message = cause(e).getMessage();
    String first = message == null ? cause(e).getClass().getSimpleName() : message.strip();
    return first.endsWith(".") ? first.substring(0, first.length() - 1) : first;
  }
}
