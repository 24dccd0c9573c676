package io.tidemark.api.model;

import java.util.Arrays;

/** Lists: each element is a run of the elements of one inner vector. */
public final class ListVector extends Vector {
  private final Vector elements;
  private int[] ends;

  ListVector(Vector elements, int capacity) {
    this.elements = elements;
    ends = new int[capacity];
  }

  /**
   * Appends a list of the inner elements that were appended to {@link #elements()} since the last
   * list.
   */
  public void endList() {
    int at = next();
    if (at == ends.length) {
      ends = Arrays.copyOf(ends, grown(at, at + 1L));
    }
    ends[at] = elements.size();
  }

  /** The elements of all lists behind one another. */
  public Vector elements() {
    return elements;
  }

  /** Where list {@code i} begins in {@link #elements()}. */
  public int start(int i) {
    return i == 0 ? 0 : ends[i - 1];
  }

  /** Where list {@code i} ends in {@link #elements()}, exclusive. */
  public int end(int i) {
    return ends[i];
  }

  @Override
  public long bytes() {
    return elements.bytes() + size() * 4L + nullBytes();
  }

  @Override
  void addDefault() {
    endList();
  }

  @Override
  void copyFrom(Vector other, int i) {
    ListVector from = (ListVector) other;
    for (int element = from.start(i); element < from.end(i); element++) {
      elements.addFrom(from.elements, element);
    }
    endList();
  }

  @Override
  void truncated() {
    elements.truncate(size() == 0 ? 0 : ends[size() - 1]);
  }
}
