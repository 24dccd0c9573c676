package io.tidemark.postgres.type;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The output functions of the types of one catalog. Any number of threads may share it. */
final class Outputs {
  private static final Map<String, Output> BY_SEND = bySend();

  private final PgTypes types;
  private final Map<Integer, Output> byOid = new ConcurrentHashMap<>();

  Outputs(PgTypes types) {
    this.types = types;
  }

  /** Whether the form that a base type's send function writes is known. */
  static boolean knows(String send) {
    return BY_SEND.containsKey(send) || BY_SEND.containsKey(unqualified(send));
  }

  PgTypes types() {
    return types;
  }

  /** The output function of a type whose binary form is known. */
  Output of(int oid) {
    Output known = byOid.get(oid);
    if (known != null) {
      return known;
    }
    Output made = make(types.require(oid));
    byOid.put(oid, made);
    return made;
  }

  private Output make(PgType type) {
    return switch (type.kind()) {
      case BASE -> base(type);
      case ENUM -> TextOutputs::copy;
      case DOMAIN -> of(type.elementOid());
      case ARRAY -> new ArrayOutput(this, type);
      case COMPOSITE -> new RecordOutput(this, type);
      case RANGE -> new RangeOutput(of(type.elementOid()), type);
      case MULTIRANGE -> new MultirangeOutput(of(type.elementOid()), type);
    };
  }

  private static Output base(PgType type) {
    Output output = BY_SEND.get(type.send());
    if (output == null) {
      output = BY_SEND.get(unqualified(type.send()));
    }
    return output != null ? output : unreadable(type);
  }

  private static Output unreadable(PgType type) {
    return (data, offset, length, out) -> {
      throw MalformedValueException.of(
          type.label(), "it came in a binary form that is not known here");
    };
  }

  /** Extensions live in any schema; only those of contrib that are listed below are known. */
  private static String unqualified(String send) {
    String name = send.substring(send.indexOf('.') + 1);
    return name.equals(send) ? name : "*." + name;
  }

  private static Map<String, Output> bySend() {
    Map<String, Output> map = new HashMap<>();
    NumberOutputs.register(map);
    TextOutputs.register(map);
    TimeOutputs.register(map);
    NetworkOutputs.register(map);
    GeometricOutputs.register(map);
    TextSearchOutputs.register(map);
    map.put("numeric_send", new NumericOutput());
    map.put("*.hstore_send", new HstoreOutput());
    return Map.copyOf(map);
  }
}
