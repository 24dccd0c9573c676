package io.tidemark.postgres.stream;

/**
 * Prefixes of logical messages that say which subtransaction they were written in.
 *
 * <p>Inside a stream the server gives each row the id of its subtransaction, but each logical
 * message that of the whole transaction (seen on 15 and 18), so a message cannot be told to have
 * been rolled back with a savepoint. Who writes a message can help: it ends its prefix with {@code
 * #} and the newest transaction id that its session holds at that moment. All ids that a session
 * takes while a subtransaction is open belong to that one or to its descendants, so the message was
 * rolled back with the first subtransaction of that id or an earlier one that is, later on.
 */
final class MarkedPrefix {
  private static final int LONGEST = 10;

  private MarkedPrefix() {}

  /** The prefix without its mark. */
  static String plain(String prefix) {
    int digits = digits(prefix);
    return digits == prefix.length() ? prefix : prefix.substring(0, digits - 1);
  }

  /** The id of the mark, as 32 bits; a value that is given where there is no mark. */
  static int xid(String prefix, int otherwise) {
    int digits = digits(prefix);
    return digits == prefix.length() ? otherwise : (int) Long.parseLong(prefix.substring(digits));
  }

  /** Where the digits of the mark begin; the end where there is none. */
  private static int digits(String prefix) {
    int at = prefix.length();
    while (at > 0 && prefix.charAt(at - 1) >= '0' && prefix.charAt(at - 1) <= '9') {
      at--;
    }
    int count = prefix.length() - at;
    boolean marked = count > 0 && count <= LONGEST && at > 0 && prefix.charAt(at - 1) == '#';
    return marked ? at : prefix.length();
  }
}
