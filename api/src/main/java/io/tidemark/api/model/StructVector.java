package io.tidemark.api.model;

import java.util.List;

/**
 * Composite values: element {@code i} is element {@code i} of each field. Fields of a null
 * composite are null.
 */
public final class StructVector extends Vector {
  private final List<Vector> fields;

  StructVector(Vector[] fields) {
    this.fields = List.of(fields);
  }

  /**
   * Appends a composite of the one element that was appended to each of {@link #fields()} since the
   * last.
   */
  public void endStruct() {
    int at = next();
    for (Vector field : fields) {
      if (field.size() != at + 1) {
        throw new IllegalStateException(
            "Cannot end composite "
                + at
                + ": a field has "
                + field.size()
                + " elements, expected "
                + (at + 1)
                + ".");
      }
    }
  }

  /** One vector for each field, in the order of the type's fields. */
  public List<Vector> fields() {
    return fields;
  }

  @Override
  public long bytes() {
    long sum = nullBytes();
    for (Vector field : fields) {
      sum += field.bytes();
    }
    return sum;
  }

  @Override
  void addDefault() {
    for (Vector field : fields) {
      field.addNull();
    }
    next();
  }

  @Override
  void copyFrom(Vector other, int i) {
    StructVector from = (StructVector) other;
    for (int field = 0; field < fields.size(); field++) {
      fields.get(field).addFrom(from.fields.get(field), i);
    }
    next();
  }

  @Override
  void truncated() {
    fields.forEach(field -> field.truncate(size()));
  }
}
