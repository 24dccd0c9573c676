package io.tidemark.engine.deadletter;

import io.tidemark.api.sink.SinkException;
import java.sql.SQLException;

/**
 * Why a row was put aside.
 *
 * @param code for programs: the destination's own SQLSTATE where it told one, else one of the
 *     constants' words
 * @param text for people, without values of the row
 */
public record Reason(String code, String text) {
  /** It waits behind another letter. */
  public static final Reason FOLLOWS =
      new Reason("FOLLOWS", "It follows an earlier row of the same key that was not taken.");

  /** A transform or rule could not judge it. */
  public static Reason ofTransform(String text) {
    return new Reason("TRANSFORM", text);
  }

  /** It, or another row of its transaction, was not taken; the code is that of the cause. */
  public static Reason ofTransaction(Reason why) {
    return new Reason(why.code(), "Its transaction was put aside: " + why.text());
  }

  /** The destination did not take it, or the source was told to refuse it. */
  public static Reason of(SinkException.Rejected why) {
    for (Throwable at = why.getCause(); at != null; at = at.getCause()) {
      if (at instanceof SQLException sql && sql.getSQLState() != null) {
        return new Reason(sql.getSQLState(), why.getMessage());
      }
    }
    return new Reason("REJECTED", why.getMessage());
  }
}
