package io.tidemark.postgres.snapshot;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;

/**
 * What must be found again of a copy in key ranges, kept with its rows by the same act: then no
 * finished range is read again after a kill.
 *
 * @param attempt number of the copy attempt
 * @param firstXid every change of a transaction up to this one is in every range that is read
 * @param timeline on which the ranges were read
 * @param point position below which the rows are stamped, unsigned
 * @param takenAtMicros commit time of the rows
 * @param print the table's definition, which must stay as it is
 * @param nextOrdinal above the ordinals of all rows given
 * @param read the ranges that were read, in the order of the key
 */
record KeyLedger(
    int attempt,
    long firstXid,
    int timeline,
    long point,
    long takenAtMicros,
    String print,
    long nextOrdinal,
    List<Range> read) {
  KeyLedger {
    if (read == null || print == null) {
      throw new IllegalArgumentException("it lacks what was read");
    }
    read = List.copyOf(read);
  }

  private static final ObjectMapper JSON =
      new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  /**
   * One range.
   *
   * @param after texts of the key behind which it begins; empty for the table's beginning
   * @param upTo texts of its last key; empty for the table's end
   * @param seen the snapshot it was read with; empty where everything that the snapshot saw has
   *     come in the stream
   * @param seenBelow position past all that the snapshot saw, unsigned
   */
  record Range(List<String> after, List<String> upTo, String seen, long seenBelow) {}

  String toJson() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write the ledger of a copy.", e);
    }
  }

  /**
   * Reads what {@link #toJson} wrote.
   *
   * @throws IllegalArgumentException where it is something else
   */
  static KeyLedger fromJson(String json) {
    try {
      KeyLedger ledger = JSON.readValue(json, KeyLedger.class);
      if (ledger == null) {
        throw new IllegalArgumentException("it is empty");
      }
      return ledger;
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("it is not of the form that was written", e);
    }
  }
}
