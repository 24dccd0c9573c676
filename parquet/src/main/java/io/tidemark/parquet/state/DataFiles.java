package io.tidemark.parquet.state;

import io.tidemark.parquet.store.ObjectStore;
import io.tidemark.parquet.store.StoreException;
import io.tidemark.parquet.store.StoredObject;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names of data files. The part at their end begins with the number of the commit that the writer
 * was preparing, which no other writer can prepare: so names never meet, and a file tells whose it
 * is.
 */
public final class DataFiles {
  private static final int MOST_PLACES = 1_000_000;
  private static final Pattern NAME =
      Pattern.compile(".*_[0-9A-F]{16}_([0-9]{1,18})\\.parquet", Pattern.DOTALL);

  private DataFiles() {}

  /** The part of a file: the number of a commit, then its place among the files named for it. */
  public static String part(long number, int place) {
    if (place >= MOST_PLACES) {
      throw new IllegalStateException(
          "Cannot name another file: one commit has " + MOST_PLACES + " already.");
    }
    return Long.toString(number * MOST_PLACES + place);
  }

  /** Whether a key is one that a data file can have. */
  public static boolean isName(String key) {
    return !key.startsWith(StateKeys.OWN) && NAME.matcher(key).matches();
  }

  /** All objects that are named like data files, with the number of the commit in their name. */
  static Map<String, Long> list(ObjectStore store) throws StoreException {
    Map<String, Long> files = new LinkedHashMap<>();
    for (StoredObject object : store.list("", "")) {
      Matcher name = NAME.matcher(object.key());
      if (!object.key().startsWith(StateKeys.OWN) && name.matches()) {
        files.put(object.key(), Long.parseLong(name.group(1)) / MOST_PLACES);
      }
    }
    return files;
  }
}
