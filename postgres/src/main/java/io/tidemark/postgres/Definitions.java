package io.tidemark.postgres;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.postgres.CatalogSession.Present;
import io.tidemark.postgres.catalog.CatalogTable;
import io.tidemark.postgres.catalog.TableDefinitions;
import io.tidemark.postgres.history.TypeBook;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells what the catalog says of tables beyond their forms, whenever a look shows something new.
 * That is as of the look, save for one thing: the labels of enums come before the first row that
 * has them. A renamed label is told where the first row with its new name comes, or once the stream
 * has passed the look that showed it, so no row with the old name comes after it. Guarded by the
 * book; the server is asked outside of it.
 */
final class Definitions {
  private static final Logger LOG = LoggerFactory.getLogger(Definitions.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final TableBook book;
  private final CatalogSession session;
  private final TypeBook types;

  /** What was told last. */
  private final Map<TableName, ObjectNode> told = new TreeMap<>();

  /** Labels that have another name now, by pg_enum.oid, and where that was seen. */
  private final Map<Long, Lsn> renamed = new HashMap<>();

  /** The labels that were told, by pg_type.oid of the enum. */
  private volatile Map<Integer, Labels> labels = Map.of();

  private final Map<Integer, EnumColumns> columns = new ConcurrentHashMap<>();
  private String stamp = "";
  private boolean unread;

  /**
   * @param known what the copy was told last
   */
  Definitions(
      TableBook book, CatalogSession session, TypeBook types, Map<TableName, String> known) {
    this.book = book;
    this.session = session;
    this.types = types;
    known.forEach(this::restore);
    synchronized (book) {
      index();
    }
  }

  private void restore(TableName table, String text) {
    try {
      // one of a newer form is told anew in the form that is known here
      if (JSON.readTree(text) instanceof ObjectNode node
          && node.path("format").asInt() == TableDefinitions.FORMAT) {
        told.put(table, node);
      }
    } catch (JsonProcessingException e) {
      LOG.debug("A stored definition of {} is told anew.", table, e);
    }
  }

  /**
   * Looks at the definitions of the published tables.
   *
   * @param passed a position that the stream had passed before
   */
  void look(Present present, Lsn passed) {
    Map<Integer, TableName> names = new HashMap<>();
    for (CatalogTable table : present.catalog().tables()) {
      if (!table.unlogged() && present.published(table).isPresent()) {
        names.put(table.oid(), table.name());
      }
    }
    try {
      CatalogSession.Defined seen = session.definitions(names.keySet(), stamp, !renamed.isEmpty());
      synchronized (book) {
        stamp = seen.stamp();
        seen.tables().forEach((oid, node) -> take(names.get(oid), node, seen.walEnd(), passed));
        index();
      }
      unread = false;
    } catch (SQLException e) {
      // somebody holds a lock, or a table has just gone: the next look sees it
      if (!unread) {
        LOG.debug("Definitions of tables are not read this time.", e);
      }
      unread = true;
    }
  }

  private void take(TableName table, ObjectNode node, Lsn seenAt, Lsn passed) {
    for (JsonNode type : node.path(TableDefinitions.TYPES)) {
      if (type.path("labels") instanceof ArrayNode fresh) {
        keepNames(fresh, seenAt, passed);
      }
    }
    tell(table, node);
  }

  /** Leaves labels under the names that rows may still have. */
  private void keepNames(ArrayNode fresh, Lsn seenAt, Lsn passed) {
    Map<Long, String> known = knownNames();
    for (JsonNode label : fresh) {
      long oid = label.path("oid").asLong();
      String before = known.get(oid);
      if (before == null || before.equals(label.path("label").asText())) {
        renamed.remove(oid);
      } else if (passed.isBefore(renamed.computeIfAbsent(oid, first -> seenAt))) {
        ((ObjectNode) label).put("label", before);
      }
    }
  }

  private Map<Long, String> knownNames() {
    Map<Long, String> known = new HashMap<>();
    labels.values().forEach(each -> known.putAll(each.byOid()));
    return known;
  }

  private void tell(TableName table, ObjectNode node) {
    if (!node.equals(told.get(table))) {
      told.put(table, node);
      book.define(table, node.toString());
    }
  }

  private void index() {
    Map<Integer, Labels> all = new HashMap<>();
    for (ObjectNode table : told.values()) {
      for (JsonNode type : table.path(TableDefinitions.TYPES)) {
        all.put((int) type.path("oid").asLong(), Labels.of(type));
      }
    }
    labels = Map.copyOf(all);
  }

  /**
   * To be called before rows are given: what they need is told first.
   *
   * @return why that cannot be known; the table has to be copied again
   */
  Optional<String> before(ChangeBatch batch) {
    EnumColumns enums = columns.get(batch.schema().relationOid());
    if (enums == null || enums.schema() != batch.schema()) {
      enums = EnumColumns.of(batch.schema(), types.types());
      columns.put(batch.schema().relationOid(), enums);
      if (!labels.keySet().containsAll(enums.types())) {
        learn(batch.schema(), Set.of());
      }
    }
    List<EnumColumns.Unknown> unknown = enums.unknown(batch, labels);
    if (unknown.isEmpty()) {
      return Optional.empty();
    }
    learn(batch.schema(), Set.copyOf(unknown));
    return enums.unknown(batch, labels).isEmpty()
        ? Optional.empty()
        : Optional.of(
            "a label of an enum was renamed or dropped since a row was written with it; it is copied"
                + " again");
  }

  /** Reads the types of a table, and tells them with these labels under their new names. */
  private void learn(TableSchema schema, Set<EnumColumns.Unknown> wanted) {
    Map<Integer, JsonNode> read;
    try {
      read = session.definedTypes(List.of(schema.relationOid()));
    } catch (SQLException e) {
      throw CatalogSession.unreachable(e);
    }
    synchronized (book) {
      Map<Long, String> known = knownNames();
      Map<Long, JsonNode> fresh = new HashMap<>();
      for (JsonNode type : read.getOrDefault(schema.relationOid(), JSON.createArrayNode())) {
        keepOthers(type, known, wanted);
        fresh.put(type.path("oid").asLong(), type);
      }
      for (Map.Entry<TableName, ObjectNode> table : new ArrayList<>(told.entrySet())) {
        boolean own = table.getKey().equals(schema.name());
        tell(table.getKey(), with(table.getValue(), fresh, own));
      }
      index();
    }
  }

  private static void keepOthers(
      JsonNode type, Map<Long, String> known, Set<EnumColumns.Unknown> wanted) {
    for (JsonNode label : type.path("labels")) {
      String before = known.get(label.path("oid").asLong());
      String name = label.path("label").asText();
      int oid = (int) type.path("oid").asLong();
      if (before != null && !wanted.contains(new EnumColumns.Unknown(oid, name))) {
        ((ObjectNode) label).put("label", before);
      }
    }
  }

  /** A table's definition with what is known of types now, and if it is theirs, with new ones. */
  private static ObjectNode with(ObjectNode table, Map<Long, JsonNode> fresh, boolean own) {
    Map<Long, JsonNode> rest = new TreeMap<>(own ? fresh : Map.of());
    ArrayNode all = JSON.createArrayNode();
    for (JsonNode type : table.path(TableDefinitions.TYPES)) {
      long oid = type.path("oid").asLong();
      all.add(fresh.getOrDefault(oid, type));
      rest.remove(oid);
    }
    rest.values().forEach(all::add);
    ObjectNode next = table.deepCopy();
    next.set(TableDefinitions.TYPES, all);
    return next;
  }
}
