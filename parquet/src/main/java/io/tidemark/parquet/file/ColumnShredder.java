package io.tidemark.parquet.file;

import io.tidemark.api.model.DataType;
import io.tidemark.api.model.ListVector;
import io.tidemark.api.model.StructVector;
import io.tidemark.api.model.Vector;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes one leaf out of a nested column, entry by entry with its levels (Dremel's way, as in the
 * Parquet format's "nested encoding").
 */
final class ColumnShredder {
  private static final int LIST = -1;

  /** On the way down to the leaf: the field of a composite to take, or LIST. */
  private final int[] steps;

  private ColumnShredder(List<Integer> steps) {
    this.steps = steps.stream().mapToInt(Integer::intValue).toArray();
  }

  /** One for each leaf of a type, in the order in which the leaves stand in a file. */
  static List<ColumnShredder> leaves(DataType type) {
    List<ColumnShredder> found = new ArrayList<>();
    collect(type, new ArrayList<>(), found);
    return found;
  }

  private static void collect(DataType type, List<Integer> way, List<ColumnShredder> found) {
    if (type instanceof DataType.ListOf list) {
      way.add(LIST);
      collect(list.element(), way, found);
      way.remove(way.size() - 1);
    } else if (type instanceof DataType.Struct struct) {
      for (int field = 0; field < struct.fields().size(); field++) {
        way.add(field);
        collect(struct.fields().get(field).type(), way, found);
        way.remove(way.size() - 1);
      }
    } else {
      found.add(new ColumnShredder(way));
    }
  }

  /** Whether the column is its own leaf, so that runs of rows can be taken at once. */
  boolean isFlat() {
    return steps.length == 0;
  }

  /**
   * Appends one row.
   *
   * @param definition depth at which the column itself is still undefined: 0 at the top level
   */
  void row(Vector column, int row, int definition, ChunkWriter chunk) {
    entry(0, column, row, 0, definition, 0, chunk);
  }

  private void entry(
      int depth,
      Vector vector,
      int i,
      int repetition,
      int definition,
      int lists,
      ChunkWriter chunk) {
    if (vector.isNull(i)) {
      chunk.level(repetition, definition);
    } else if (depth == steps.length) {
      chunk.level(repetition, definition + 1);
      chunk.value(vector, i);
    } else if (steps[depth] == LIST) {
      list(depth, (ListVector) vector, i, repetition, definition, lists, chunk);
    } else {
      Vector field = ((StructVector) vector).fields().get(steps[depth]);
      entry(depth + 1, field, i, repetition, definition + 1, lists, chunk);
    }
  }

  private void list(
      int depth,
      ListVector list,
      int i,
      int repetition,
      int definition,
      int lists,
      ChunkWriter chunk) {
    int start = list.start(i);
    int end = list.end(i);
    if (start == end) {
      chunk.level(repetition, definition + 1);
    }
    for (int element = start; element < end; element++) {
      int level = element == start ? repetition : lists + 1;
      entry(depth + 1, list.elements(), element, level, definition + 2, lists + 1, chunk);
    }
  }
}
