package io.tidemark.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The account that PostgreSQL's programs run under. PostgreSQL refuses to run as root, so for root
 * it is a user namespace in which root is nobody, or else a user that every system has.
 *
 * @param prefix words before a command
 * @param user the user that must own the server's files; empty where that is our own
 */
record Account(List<String> prefix, Optional<String> user) {
  private static final List<String> UNPRIVILEGED = List.of("postgres", "nobody");

  Account {
    prefix = List.copyOf(prefix);
  }

  /** The first that works here. */
  static Account choose() {
    if (!isRoot()) {
      return self();
    }
    return Stream.concat(
            Stream.of(userNamespace()),
            UNPRIVILEGED.stream().flatMap(user -> asUser(user).stream()))
        .filter(Account::works)
        .findFirst()
        .orElseThrow(
            () ->
                new EmbeddedServerException(
                    "Cannot start PostgreSQL as root: neither a user namespace (unshare) nor"
                        + " another user (setpriv, runuser, su with one of "
                        + UNPRIVILEGED
                        + ") can be used here. Run as an ordinary user."));
  }

  /** Our own account. */
  static Account self() {
    return new Account(List.of(), Optional.empty());
  }

  /** Root without its rights; files still belong to root. */
  static Account userNamespace() {
    return new Account(List.of("unshare", "--user", "--"), Optional.empty());
  }

  /** The ways to become another user, the one with the fewest side effects first. */
  static List<Account> asUser(String user) {
    Optional<String> name = Optional.of(user);
    return List.of(
        new Account(
            List.of("setpriv", "--reuid=" + user, "--regid=" + group(user), "--clear-groups", "--"),
            name),
        new Account(List.of("runuser", "-u", user, "--"), name),
        new Account(List.of("su", "-s", "/bin/sh", "-c", "exec \"$0\" \"$@\"", user), name));
  }

  /** The command, to be run under this account. */
  List<String> command(List<String> command) {
    List<String> words = new ArrayList<>(prefix);
    words.addAll(command);
    return words;
  }

  /** Whether a command can be run under this account, and is not root there. */
  boolean works() {
    Command.Result id = run(List.of("id", "-u"));
    return id.ok() && !id.output().equals("0");
  }

  /** Whether the account can enter a folder and write there. */
  boolean reaches(Path folder) {
    return isSelf()
        || (run(List.of("test", "-w", folder.toString())).ok()
            && run(List.of("test", "-x", folder.toString())).ok());
  }

  /** Where to keep the programs: the user's own cache if the account can enter it. */
  Path cache() {
    Path own = Folders.cache();
    try {
      Files.createDirectories(own);
      if (isSelf() || run(List.of("test", "-x", own.toString())).ok()) {
        return own;
      }
      return Files.createDirectories(Folders.temporary().resolve("tidemark-cache"));
    } catch (IOException e) {
      throw new EmbeddedServerException(
          "Cannot use "
              + own
              + " as a cache: "
              + e.getMessage()
              + ". Set TIDEMARK_CACHE to a folder that can be written.",
          e);
    }
  }

  /** Whether commands run as they are. */
  boolean isSelf() {
    return prefix.isEmpty();
  }

  private Command.Result run(List<String> command) {
    return Command.run(command(command), Path.of("/"), Map.of(), 10);
  }

  private static boolean isRoot() {
    return self().run(List.of("id", "-u")).output().equals("0");
  }

  private static String group(String user) {
    Command.Result id = self().run(List.of("id", "-g", user));
    return id.ok() ? id.output() : user;
  }
}
