package io.tidemark.snowflake;

import java.sql.SQLException;
import java.util.Collection;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.LoggerFactory;

/**
 * The folders of the stage that this writer fills: {@code <pipeline>/<epoch>/<flush>}. Whoever
 * claims the writing has an epoch of its own, so no two writers ever have the same name.
 */
final class StageFolders {
  private final Session session;
  private final Destination names;
  private final long epoch;
  private long flush;

  StageFolders(Session session, Destination names, long epoch) {
    this.session = session;
    this.names = names;
    this.epoch = epoch;
  }

  /** The folder of the next flush. */
  String next() {
    return names.folder() + "/" + epoch + "/" + ++flush;
  }

  /** Removes what was committed; what stays is removed by the next sweep. */
  void remove(Collection<String> folders) {
    for (String folder : folders) {
      try {
        session.query("REMOVE " + names.stage() + "/" + folder + "/", row -> row.getString(1));
      } catch (SQLException e) {
        LoggerFactory.getLogger(StageFolders.class)
            .warn("Files of the stage are not removed yet: {}", Failures.firstLine(e));
      }
    }
  }

  /**
   * Removes what writers before this one have left. They can commit nothing any more, so it does
   * not matter whether one of them still reads it.
   */
  void sweep() throws SQLException {
    Pattern path =
        Pattern.compile("(?:^|/)(" + Pattern.quote(names.folder()) + "/(\\d+))/\\d+/[^/]+$");
    TreeSet<String> old = new TreeSet<>();
    session.query(
        "LIST " + names.stage() + "/" + names.folder() + "/",
        row -> {
          Matcher found = path.matcher(row.getString("name"));
          if (found.find() && Long.parseLong(found.group(2)) < epoch) {
            old.add(found.group(1));
          }
          return null;
        });
    remove(old);
  }
}
