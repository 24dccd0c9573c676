package io.tidemark.postgres;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.postgres.slot.Publication.Published;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the source must find again of a table.
 *
 * @param floor position of the snapshot that the copy was made from: rows of commits below it do
 *     not count
 * @param published how the table was published: {@code Publication.Published.stamp}; empty where it
 *     was not
 * @param publishing what that stamp stands for: the catalog does not tell it any more of a table
 *     that has gone; null where it was not published, and in a note of an older version
 * @param look what the catalog showed
 * @param leaves partitions that came with rows and are not copied yet, by pg_class.oid
 * @param floors position of the snapshot of each that is copied, while the table catches up: rows
 *     of commits below it do not count
 * @param unsettled place of a change that only a look at the catalog after it will tell; null for
 *     none
 */
record TableNote(
    String floor,
    String published,
    Publishing publishing,
    TableLook look,
    Map<Integer, TableName> leaves,
    Map<Integer, String> floors,
    String unsettled) {
  private static final String PREFIX = "table/";
  private static final ObjectMapper JSON =
      new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  TableNote {
    // a note of an older version has neither
    leaves = leaves == null ? Map.of() : new TreeMap<>(leaves);
    floors = floors == null ? Map.of() : new TreeMap<>(floors);
  }

  /** A {@link Published} without its stamp. */
  record Publishing(
      String publication,
      String publishes,
      boolean viaRoot,
      boolean generated,
      List<Integer> columns,
      String rowFilter) {
    static Publishing of(Published published) {
      return new Publishing(
          published.publication(),
          published.publishes(),
          published.viaRoot(),
          published.generated(),
          published.columns(),
          published.rowFilter().orElse(null));
    }

    private Published stamped(String stamp) {
      return new Published(
          publication,
          publishes,
          viaRoot,
          generated,
          columns,
          Optional.ofNullable(rowFilter),
          stamp);
    }
  }

  /** What must be found again of a table as it stands. */
  static TableNote of(TrackedTable table) {
    Map<Integer, TableName> leaves = new HashMap<>(table.leavesWaiting);
    leaves.putAll(table.leavesCopying);
    Map<Integer, String> floors = new HashMap<>();
    table.leafFloors.forEach((leaf, at) -> floors.put(leaf, new Lsn(at).toString()));
    floors.keySet().removeAll(leaves.keySet());
    return new TableNote(
        new Lsn(table.floor).toString(),
        table.published == null ? "" : table.published.stamp(),
        table.published == null ? null : TableNote.Publishing.of(table.published),
        table.look,
        leaves,
        floors,
        table.unsettledAt == 0 ? null : new Lsn(table.unsettledAt).toString());
  }

  static String key(TableName table) {
    return PREFIX + table;
  }

  Lsn floorLsn() {
    return Lsn.parse(floor);
  }

  /** How the table was published; empty where it was not, or where the note does not say. */
  Optional<Published> publishedAs() {
    return Optional.ofNullable(publishing).map(known -> known.stamped(published));
  }

  /** ZERO for none. */
  Lsn unsettledLsn() {
    return unsettled == null ? Lsn.ZERO : Lsn.parse(unsettled);
  }

  String toJson() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write what is noted of a table.", e);
    }
  }

  static TableNote fromJson(TableName table, String json) {
    try {
      return JSON.readValue(json, TableNote.class);
    } catch (JsonProcessingException e) {
      throw new TidemarkException(
          ErrorCode.DESTINATION_CHANGED,
          "Cannot read what was noted of table "
              + table
              + ": it is not of the form that was written. Restore the state of the destination.",
          e);
    }
  }
}
