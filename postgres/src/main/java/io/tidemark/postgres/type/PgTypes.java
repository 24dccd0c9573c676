package io.tidemark.postgres.type;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.postgres.type.PgType.Attribute;
import io.tidemark.postgres.type.PgType.Kind;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The types of a database by OID: PostgreSQL's own without asking, all others as they were read
 * from its catalog. Immutable; {@link #load} and {@link #with} give a new one.
 */
public final class PgTypes {
  private static final List<PgType> BUILT_IN = List.copyOf(BuiltInTypes.all());

  private final Map<Integer, PgType> byOid;

  private PgTypes(Map<Integer, PgType> byOid) {
    this.byOid = byOid;
  }

  /** The types that every database has under the same OIDs. */
  public static PgTypes builtIn() {
    return new PgTypes(Map.of()).with(BUILT_IN);
  }

  /**
   * The built-in types, and what the catalog says of the named types and of everything they are
   * made of (elements, attributes, bounds, base types).
   *
   * @param oids types of columns; one that the catalog does not have is left out, {@link #require}
   *     then names it
   */
  public static PgTypes load(Connection connection, Collection<Integer> oids) throws SQLException {
    return builtIn().with(connection, oids);
  }

  /** These types, and from the catalog the named ones that are not among them. */
  public PgTypes with(Connection connection, Collection<Integer> oids) throws SQLException {
    return with(new TypeCatalog(connection).read(oids, byOid.keySet()));
  }

  /** These types and others; where both know an OID, the other's word holds. */
  public PgTypes with(Collection<PgType> others) {
    Map<Integer, PgType> all = new HashMap<>(byOid);
    for (PgType type : others) {
      all.put(type.oid(), type);
    }
    return new PgTypes(all);
  }

  /** The type of an OID. */
  public Optional<PgType> find(int oid) {
    return Optional.ofNullable(byOid.get(oid));
  }

  /**
   * The type of an OID.
   *
   * @throws TidemarkException ({@link ErrorCode#SOURCE_CHANGED}) where it is not known: it was
   *     dropped, or made after these types were read
   */
  public PgType require(int oid) {
    PgType type = byOid.get(oid);
    if (type == null) {
      throw new TidemarkException(
          ErrorCode.SOURCE_CHANGED,
          "Cannot read type "
              + Integer.toUnsignedString(oid)
              + ": neither the catalog nor the stored history knows it. Copy the table again.");
    }
    return type;
  }

  /** The type behind all domains: the type itself where it is no domain. */
  public PgType base(int oid) {
    PgType type = require(oid);
    while (type.kind() == Kind.DOMAIN) {
      type = require(type.elementOid());
    }
    return type;
  }

  /** The modifier that holds for the type behind all domains: the outermost that is given. */
  public int baseTypmod(int oid, int typmod) {
    int found = typmod;
    PgType type = require(oid);
    while (type.kind() == Kind.DOMAIN) {
      found = found == -1 ? type.elementTypmod() : found;
      type = require(type.elementOid());
    }
    return found;
  }

  /**
   * Whether COPY can send the type in binary and {@link Codecs} reads that form: it and everything
   * it is made of has a send function with a form known here. A column of another type is copied by
   * {@link #copyExpression}.
   */
  public boolean copiesInBinary(int oid) {
    return readable(oid);
  }

  /**
   * Whether a stream with the option {@code binary} can carry the type. False where the server
   * would fail for ever (a composite or array of a type without a send function) or send a form
   * that is not known here; then the stream must run in text. A type without a send function of its
   * own is no hindrance, because it travels as text.
   */
  public boolean streamsInBinary(int oid) {
    PgType type = base(oid);
    return (type.kind() == Kind.BASE && type.send().isEmpty()) || copiesInBinary(oid);
  }

  /**
   * What COPY has to select so that the value arrives in a form that {@link Codecs} reads: the
   * column itself, to be read by {@link ColumnCodec#binary}; or, where {@link #copiesInBinary} is
   * false, the text of its output function, to be read by {@link ColumnCodec#text}. (A cast to text
   * is not that: casts of several types print something else.)
   *
   * @param column the column, quoted as SQL wants it
   */
  public String copyExpression(int oid, String column) {
    return copiesInBinary(oid)
        ? column
        : "CASE WHEN pg_catalog.num_nulls("
            + column
            + ") = 0 THEN pg_catalog.format('%s', "
            + column
            + ") END";
  }

  private boolean readable(int oid) {
    PgType type = require(oid);
    return switch (type.kind()) {
      case BASE -> Outputs.knows(type.send());
      case ENUM -> true;
      case ARRAY, DOMAIN, RANGE, MULTIRANGE -> readable(type.elementOid());
      case COMPOSITE ->
          type.attributes().stream().allMatch(attribute -> readable(attribute.typeOid()));
    };
  }

  /**
   * Of these types the named ones and everything they are made of, PostgreSQL's own left out: what
   * the history of a table has to keep.
   */
  public PgTypes reachableFrom(Collection<Integer> oids) {
    Map<Integer, PgType> found = new LinkedHashMap<>();
    oids.forEach(oid -> reach(oid, found));
    BUILT_IN.forEach(type -> found.remove(type.oid()));
    return builtIn().with(found.values());
  }

  private void reach(int oid, Map<Integer, PgType> found) {
    PgType type = byOid.get(oid);
    if (type == null || found.putIfAbsent(oid, type) != null) {
      return;
    }
    if (type.elementOid() != 0) {
      reach(type.elementOid(), found);
    }
    for (Attribute attribute : type.attributes()) {
      reach(attribute.typeOid(), found);
    }
  }

  /** The types that are not PostgreSQL's own, in the order of their OIDs. */
  public List<PgType> own() {
    Map<Integer, PgType> own = new HashMap<>(byOid);
    BUILT_IN.forEach(type -> own.remove(type.oid(), type));
    return own.values().stream()
        .sorted(Comparator.comparing(type -> Integer.toUnsignedLong(type.oid())))
        .toList();
  }

  /** The {@linkplain #own own} types as JSON, to be kept with the history of a table. */
  public String toJson() {
    try {
      return new ObjectMapper().writeValueAsString(own());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write type definitions as JSON.", e);
    }
  }

  /**
   * The built-in types and those that {@link #toJson} wrote.
   *
   * @throws TidemarkException where the text is not of that form
   */
  public static PgTypes fromJson(String json) {
    try {
      List<PgType> own = new ObjectMapper().readValue(json, new TypeReference<>() {});
      PgTypes types = builtIn().with(own);
      Set<Integer> finite = new HashSet<>();
      own.forEach(type -> types.refuseCycle(type.oid(), new HashSet<>(), finite));
      return types;
    } catch (JsonProcessingException | RuntimeException e) {
      throw new TidemarkException(
          ErrorCode.DESTINATION_CHANGED,
          "Cannot read stored type definitions: they are not of the form that was written. Restore"
              + " the state or copy the table again.",
          e);
    }
  }

  /** A catalog holds no type that contains itself, a damaged text may. */
  private void refuseCycle(int oid, Set<Integer> path, Set<Integer> finite) {
    PgType type = byOid.get(oid);
    if (type == null || finite.contains(oid)) {
      return;
    }
    if (!path.add(oid)) {
      throw new IllegalArgumentException("type " + type.label() + " contains itself");
    }
    if (type.elementOid() != 0) {
      refuseCycle(type.elementOid(), path, finite);
    }
    type.attributes().forEach(attribute -> refuseCycle(attribute.typeOid(), path, finite));
    path.remove(oid);
    finite.add(oid);
  }
}
