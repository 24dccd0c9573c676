package io.tidemark.parquet.file;

import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.ColumnDescriptor;

/**
 * The levels of the page that is being filled: how deep each entry is defined, and at which depth
 * it repeats (Parquet format, "nested encoding").
 */
final class Levels {
  private final int maxDefinition;
  private final HybridEncoder definitions;
  private final HybridEncoder repetitions;
  private final int definitionBits;
  private final int repetitionBits;
  private int entries;
  private int rows;
  private int nulls;

  Levels(ColumnDescriptor column) {
    maxDefinition = column.getMaxDefinitionLevel();
    definitionBits = 32 - Integer.numberOfLeadingZeros(maxDefinition);
    repetitionBits = 32 - Integer.numberOfLeadingZeros(column.getMaxRepetitionLevel());
    definitions = definitionBits == 0 ? null : new HybridEncoder(definitionBits);
    repetitions = repetitionBits == 0 ? null : new HybridEncoder(repetitionBits);
  }

  /** Appends rows of one entry each, all defined to the same depth. */
  void addRows(int definition, int count) {
    if (definitions != null) {
      definitions.add(definition, count);
    }
    if (repetitions != null) {
      repetitions.add(0, count);
    }
    entries += count;
    rows += count;
    if (definition < maxDefinition) {
      nulls += count;
    }
  }

  /** Appends one entry; repetition 0 begins a row. */
  void add(int repetition, int definition) {
    if (definitions != null) {
      definitions.add(definition);
    }
    if (repetitions != null) {
      repetitions.add(repetition);
    }
    entries++;
    if (repetition == 0) {
      rows++;
    }
    if (definition < maxDefinition) {
      nulls++;
    }
  }

  /** The depth of an entry that has a value. */
  int maxDefinition() {
    return maxDefinition;
  }

  /** Entries of the page, those without a value included. */
  int entries() {
    return entries;
  }

  /** Rows of the page. */
  int rows() {
    return rows;
  }

  /** Entries without a value. */
  int nulls() {
    return nulls;
  }

  BytesInput definitionBytes() {
    return definitions == null ? BytesInput.empty() : definitions.finish();
  }

  BytesInput repetitionBytes() {
    return repetitions == null ? BytesInput.empty() : repetitions.finish();
  }

  /** Begins the next page. */
  void reset() {
    if (definitions != null) {
      definitions.restart(definitionBits);
    }
    if (repetitions != null) {
      repetitions.restart(repetitionBits);
    }
    entries = 0;
    rows = 0;
    nulls = 0;
  }
}
