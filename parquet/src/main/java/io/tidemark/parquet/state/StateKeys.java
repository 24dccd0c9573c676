package io.tidemark.parquet.state;

import io.tidemark.parquet.store.ObjectStore;
import io.tidemark.parquet.store.StoreException;
import io.tidemark.parquet.store.StoredObject;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/** Names of what belongs to the lake itself. */
public final class StateKeys {
  /** Everything that is no data. */
  public static final String OWN = "_tidemark/";

  static final String STATE = OWN + "state/";
  static final String PROBE = OWN + "probe/";
  private static final String SUFFIX = ".json";
  private static final int DIGITS = 20;

  private StateKeys() {}

  static String key(long number) {
    return STATE + String.format(Locale.ROOT, "%0" + DIGITS + "d", number) + SUFFIX;
  }

  /** Whether there is an object of a number, and none above it. */
  static boolean isHighest(ObjectStore store, long number) throws StoreException {
    TreeSet<Long> numbers = numbersAbove(store, number - 1);
    return !numbers.isEmpty() && numbers.last() == number;
  }

  /** Numbers of all state objects above one, ascending. */
  static TreeSet<Long> numbersAbove(ObjectStore store, long number) throws StoreException {
    List<StoredObject> found = store.list(STATE, number > 0 ? key(number) : "");
    TreeSet<Long> numbers = new TreeSet<>();
    for (StoredObject object : found) {
      String name = object.key().substring(STATE.length());
      if (name.length() == DIGITS + SUFFIX.length()
          && name.endsWith(SUFFIX)
          && name.chars().limit(DIGITS).allMatch(Character::isDigit)) {
        numbers.add(Long.parseLong(name.substring(0, DIGITS)));
      }
    }
    return numbers;
  }
}
