package io.tidemark.api.model;

import java.util.BitSet;
import java.util.TreeMap;

/**
 * One column of a batch: its values, and the two facts about a value that a vector cannot say.
 *
 * <p>A row's element is null in the vector when the value is null, when it is <em>unchanged</em>
 * (an out-of-line TOAST value that the UPDATE did not touch, so the log does not carry it), and
 * when it is <em>raw</em> (the type cannot hold it exactly; its PostgreSQL text is kept).
 */
public final class ColumnData {
  private final Vector vector;
  private BitSet unchanged;
  private TreeMap<Integer, String> raw;
  private BitSet refused;

  public ColumnData(Vector vector) {
    this.vector = vector;
  }

  /** The values. */
  public Vector vector() {
    return vector;
  }

  /** Appends a null that stands for an unchanged value. */
  public void addUnchanged() {
    if (unchanged == null) {
      unchanged = new BitSet();
    }
    unchanged.set(vector.size());
    vector.addNull();
  }

  /**
   * Appends a null that stands for a value the type cannot hold, with PostgreSQL's exact text of
   * it.
   */
  public void addRaw(String text) {
    if (raw == null) {
      raw = new TreeMap<>();
    }
    raw.put(vector.size(), text);
    vector.addNull();
  }

  /**
   * As {@link #addRaw}, for a value that the source was told to refuse: its row is for the policy
   * of rows that are not taken.
   */
  public void addRefused(String text) {
    if (refused == null) {
      refused = new BitSet();
    }
    refused.set(vector.size());
    addRaw(text);
  }

  /** Appends row {@code i} of a column of the same type, with what is said of it. */
  public void addFrom(ColumnData other, int i) {
    if (other.isUnchanged(i)) {
      addUnchanged();
    } else if (other.isRefused(i)) {
      addRefused(other.raw(i));
    } else if (other.raw(i) != null) {
      addRaw(other.raw(i));
    } else {
      vector.addFrom(other.vector, i);
    }
  }

  /** Whether row {@code i} holds an unchanged value. */
  public boolean isUnchanged(int i) {
    return unchanged != null && unchanged.get(i);
  }

  /** Whether any row holds an unchanged value. */
  public boolean hasUnchanged() {
    return unchanged != null;
  }

  /** PostgreSQL's text of row {@code i} where its type cannot hold the value, else null. */
  public String raw(int i) {
    return raw == null ? null : raw.get(i);
  }

  /** Whether any row holds a value that the type cannot. */
  public boolean hasRaw() {
    return raw != null;
  }

  /** Whether the source refuses the value of row {@code i}; it is raw then. */
  public boolean isRefused(int i) {
    return refused != null && refused.get(i);
  }

  /** Whether the source refuses any value. */
  public boolean hasRefused() {
    return refused != null;
  }

  /** Whether row {@code i} is a null of the source: not unchanged, not raw. */
  public boolean isSourceNull(int i) {
    return vector.isNull(i) && !isUnchanged(i) && raw(i) == null;
  }

  /** Takes rows back from the end, so that {@code size} are left. */
  void truncate(int size) {
    vector.truncate(size);
    if (unchanged != null) {
      unchanged.clear(size, Math.max(size, unchanged.length()));
      unchanged = unchanged.isEmpty() ? null : unchanged;
    }
    if (raw != null) {
      raw.tailMap(size).clear();
      raw = raw.isEmpty() ? null : raw;
    }
    if (refused != null) {
      refused.clear(size, Math.max(size, refused.length()));
      refused = refused.isEmpty() ? null : refused;
    }
  }

  /** Bytes of memory, roughly. */
  public long bytes() {
    long rawBytes = 0;
    if (raw != null) {
      for (String text : raw.values()) {
        rawBytes += 64 + text.length() * 2L;
      }
    }
    return vector.bytes() + rawBytes + (unchanged == null ? 0 : unchanged.size() / 8);
  }
}
