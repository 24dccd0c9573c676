package io.tidemark.postgres;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.postgres.slot.Anchor;
import io.tidemark.postgres.stream.StreamListener.Transaction;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;

/**
 * Ties the copy to the content of the log. Messages with a nonce are written into it; the newest
 * that came back is stored with the tidemark; the slot is confirmed only up to the newest stored
 * one. So after a restart that message is the first thing which the server sends; what follows it
 * up to the tidemark comes once more, and must end with the commit that the copy knows.
 *
 * <p>Where no message can be written (on a standby, without the right, with {@code
 * heartbeat.interval: 0s}) the slot is confirmed up to the tidemark itself. Any thread.
 */
final class Anchors {
  /** Prefix of the messages; their content is {@code <slot> <nonce> <position before it>}. */
  static final String PREFIX = CatalogSession.MESSAGE_PREFIX + ".anchor";

  /**
   * Log that must have passed before a new message is worth writing although no row came. More than
   * what the server writes because of a message, so that an idle one comes to rest.
   */
  private static final long WORTH_BYTES = 64 << 10;

  /**
   * From a boundary on, when every copy holds it, the slot may be confirmed up to a message; empty
   * for as far as the copies are.
   */
  private record Step(Lsn boundary, Optional<Lsn> limit) {}

  private final String slot;
  private final String publication;
  private final SecureRandom random = new SecureRandom();
  private final Deque<Step> steps = new ArrayDeque<>();
  private Optional<Lsn> limit;

  /** The newest boundary, which a copy may stand at. */
  private Lsn last = Lsn.ZERO;

  private Optional<Anchor> stored;
  private Optional<Anchor> arrived = Optional.empty();
  private boolean abandoned;

  /** Whether the stored message must come before anything else. */
  private boolean awaited;

  /** Whether commits up to the tidemark are still being compared, and whether the last one came. */
  private boolean comparing;

  private boolean lastCame;
  private long touched;
  private Optional<Transaction> newest = Optional.empty();
  private final Set<String> written = new HashSet<>();

  /**
   * @param publication name of what is read
   * @param restored what the copy holds; empty for a new one, or for one that has none
   */
  Anchors(String slot, String publication, Optional<Anchor> restored) {
    this.slot = slot;
    this.publication = publication;
    this.stored = restored;
    this.limit = Optional.of(restored.map(Anchor::start).orElse(Lsn.ZERO));
    restart();
  }

  // ---- writing

  /** The first two words of a message that never was, to be written now. */
  synchronized String next() {
    byte[] bytes = new byte[16];
    random.nextBytes(bytes);
    String nonce = slot + " " + HexFormat.of().formatHex(bytes);
    written.add(nonce);
    return nonce;
  }

  /** Whether the log has gone on so far that a new message is worth its bytes, rows or not. */
  synchronized boolean worthWriting(Lsn received) {
    Optional<Anchor> last = arrived.or(() -> stored);
    return last.isEmpty() || received.minus(last.get().start()) > WORTH_BYTES;
  }

  /** No message can be written: from the next boundary on the copy goes on without. */
  synchronized void abandon() {
    arrived = Optional.empty();
    abandoned = true;
  }

  // ---- reading

  /** Where the log is read from, for a copy that stands at a position. */
  synchronized Lsn readFrom(Lsn position) {
    return stored.map(Anchor::start).orElse(position);
  }

  /** Reading begins again at {@link #readFrom}. */
  synchronized void restart() {
    arrived = Optional.empty();
    newest = Optional.empty();
    touched = 0;
    awaited = stored.isPresent();
    comparing = stored.filter(anchor -> anchor.publication().equals(publication)).isPresent();
    lastCame = stored.filter(anchor -> !anchor.commit().equals(Lsn.ZERO)).isEmpty();
  }

  /**
   * One of the messages came.
   *
   * @param tidemark up to where the copy has everything
   */
  synchronized void message(Lsn lsn, byte[] content, Lsn tidemark) {
    String text = new String(content, StandardCharsets.UTF_8);
    if (awaited) {
      Anchor anchor = stored.orElseThrow();
      boolean same = anchor.place().equals(lsn) && anchor.nonce().equals(text);
      if (!same) {
        refuseFrom(lsn);
      }
      awaited = !same;
    } else if (written.contains(text.substring(0, Math.max(0, text.lastIndexOf(' '))))
        && !lsn.isBefore(tidemark)) {
      written.clear();
      arrived = Optional.of(Anchor.at(lsn, text, publication));
      abandoned = false;
    }
  }

  /** A transaction begins. */
  synchronized void begin(Transaction transaction) {
    refuseFrom(new Lsn(transaction.commitLsn()));
  }

  /** The awaited message must come before anything of the log beyond it. */
  private void refuseFrom(Lsn reached) {
    if (awaited && !reached.isBefore(stored.orElseThrow().place())) {
      throw otherHistory(stored.orElseThrow().place());
    }
  }

  /**
   * A transaction has rows. Those without are not looked at: whether an empty one is sent depends
   * on how much memory the server had for it.
   */
  synchronized void rows(Transaction transaction, Lsn tidemark) {
    if (touched == transaction.commitLsn()) {
      return;
    }
    touched = transaction.commitLsn();
    if (!comparing) {
      return;
    }
    Lsn commit = new Lsn(transaction.commitLsn());
    if (!commit.isBefore(tidemark)) {
      compared();
      return;
    }
    Anchor anchor = stored.orElseThrow();
    if (commit.isBefore(anchor.place())) {
      return;
    }
    if (commit.equals(anchor.commit())
        && transaction.xid() == anchor.xid()
        && transaction.committedAt() == anchor.committedAt()) {
      lastCame = true;
    } else if (!commit.isBefore(anchor.commit())) {
      throw otherHistory(commit);
    }
  }

  /** A transaction ended. */
  synchronized void commit(Transaction transaction, Lsn tidemark) {
    boolean known = new Lsn(transaction.commitLsn()).isBefore(tidemark);
    if (touched == transaction.commitLsn() && !known) {
      newest = Optional.of(transaction);
    }
  }

  /** The server has come to a position. */
  synchronized void keepAlive(Lsn end, Lsn tidemark) {
    refuseFrom(end);
    if (comparing && !end.isBefore(tidemark)) {
      compared();
    }
  }

  private void compared() {
    if (!lastCame) {
      throw otherHistory(stored.orElseThrow().commit());
    }
    comparing = false;
  }

  // ---- storing

  /** Whether something waits for a boundary to be stored with. */
  synchronized boolean isWaiting() {
    return arrived.isPresent() || (abandoned && !awaited && stored.isPresent());
  }

  /**
   * What is to be stored with a boundary: empty where nothing changed; otherwise the note's new
   * value, empty to forget it.
   */
  synchronized Optional<Optional<String>> at(Lsn boundary) {
    Optional<Anchor> before = stored;
    if (newestLimit().isEmpty() && arrived.filter(it -> it.start().isBefore(last)).isPresent()) {
      // the slot may be confirmed beyond its start already; the next message takes its place
      arrived = Optional.empty();
    }
    last = boundary;
    if (abandoned && !awaited && !comparing) {
      stored = Optional.empty();
      step(boundary, Optional.empty());
    } else if (arrived.filter(anchor -> !boundary.isBefore(anchor.place())).isPresent()) {
      stored = arrived;
      arrived = Optional.empty();
      step(boundary, Optional.of(stored.orElseThrow().start()));
    }
    newest.ifPresent(last -> stored = stored.map(anchor -> extended(anchor, last, boundary)));
    return stored.equals(before) ? Optional.empty() : Optional.of(stored.map(Anchor::toJson));
  }

  private static Anchor extended(Anchor anchor, Transaction last, Lsn boundary) {
    Lsn commit = new Lsn(last.commitLsn());
    return !commit.isBefore(anchor.place()) && commit.isBefore(boundary)
        ? anchor.with(commit, last.xid(), last.committedAt())
        : anchor;
  }

  private void step(Lsn boundary, Optional<Lsn> upTo) {
    if (!newestLimit().equals(upTo)) {
      steps.add(new Step(boundary, upTo));
    }
  }

  private Optional<Lsn> newestLimit() {
    return steps.isEmpty() ? limit : steps.getLast().limit();
  }

  /** Up to where the slot may be confirmed when every copy holds everything below a position. */
  synchronized Lsn confirmable(Lsn durable) {
    while (!steps.isEmpty() && !durable.isBefore(steps.getFirst().boundary())) {
      limit = steps.removeFirst().limit();
    }
    return limit.orElse(durable);
  }

  private TidemarkException otherHistory(Lsn at) {
    return new TidemarkException(
        ErrorCode.SOURCE_CHANGED,
        "Cannot continue the copy from slot "
            + slot
            + ": the server's log does not hold at "
            + at
            + " what the copy was made from. It is another history with the same names: a restored"
            + " backup, or a clone of the server's files that has run on by itself. Connect to the"
            + " server that the copy was made from, or begin a new copy at an empty destination.");
  }
}
