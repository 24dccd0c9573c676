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
  /**
   * Where joined files lie as long as the files that they were made of are still needed for earlier
   * tidemarks: readers that only list files go by those. No partition, and not their suffix.
   */
  private static final String ASIDE = StateKeys.OWN + "joined/";

  private static final String SUFFIX = ".parquet";
  private static final String ASIDE_SUFFIX = ".joined";
  private static final int MOST_PLACES = 1_000_000;
  private static final Pattern NAME =
      Pattern.compile(".*_[0-9A-F]{16}_([0-9]{1,18})\\.(parquet|joined)", Pattern.DOTALL);

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
    boolean own = key.startsWith(StateKeys.OWN) && !key.startsWith(ASIDE);
    return !own && NAME.matcher(key).matches();
  }

  /** Where a file lies aside that will lie at a path. */
  public static String aside(String shown) {
    String name = shown.substring(shown.lastIndexOf('/') + 1);
    return ASIDE + name.substring(0, name.length() - SUFFIX.length()) + ASIDE_SUFFIX;
  }

  /** Where a file that lies aside belongs: in the folder of one that it stands for. */
  static String shown(String aside, String standsFor) {
    String folder = standsFor.substring(0, standsFor.lastIndexOf('/') + 1);
    String name = aside.substring(ASIDE.length(), aside.length() - ASIDE_SUFFIX.length());
    return folder + name + SUFFIX;
  }

  /** Named for the commit that shows it; places from the top, since files are given the lowest. */
  static String shownBy(long number, int place, String shown) {
    String stem = shown.substring(0, shown.lastIndexOf('_') + 1);
    return stem + part(number, MOST_PLACES - 1 - place) + SUFFIX;
  }

  /** All objects that are named like data files, with the number of the commit in their name. */
  static Map<String, Long> list(ObjectStore store) throws StoreException {
    Map<String, Long> files = new LinkedHashMap<>();
    for (StoredObject object : store.list("", "")) {
      Matcher name = NAME.matcher(object.key());
      if (isName(object.key()) && name.matches()) {
        files.put(object.key(), Long.parseLong(name.group(1)) / MOST_PLACES);
      }
    }
    return files;
  }
}
