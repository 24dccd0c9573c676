package io.tidemark.testkit.type;

import java.util.ArrayList;
import java.util.List;

/**
 * One row of the mapping: a type, values that its column holds exactly, values that it cannot.
 *
 * @param group heading it stands under in the reference page
 * @param type as a column declares it
 * @param reason what the page says of values that do not fit
 * @param values SQL expressions; all of them must come back as the server prints them
 */
public record TypeCase(String group, String type, String reason, List<Value> values) {
  /**
   * A value.
   *
   * @param sql an expression that can be assigned to the type
   * @param fits whether the column's data type holds it
   * @param since first version of PostgreSQL that takes it
   */
  public record Value(String sql, boolean fits, int since) {}

  public TypeCase {
    values = List.copyOf(values);
  }

  static TypeCase of(String group, String type) {
    return new TypeCase(group, type, "none", List.of());
  }

  /** The values that a version of PostgreSQL takes. */
  public List<Value> values(int version) {
    return values.stream().filter(value -> value.since() <= version).toList();
  }

  TypeCase fits(String... sql) {
    return with(reason, true, 0, sql);
  }

  TypeCase fitsSince(int version, String... sql) {
    return with(reason, true, version, sql);
  }

  TypeCase misfits(String why, String... sql) {
    return with(why, false, 0, sql);
  }

  /** Values that a list or a struct cannot hold; the page says for all of them why. */
  TypeCase misfitsAsContainer(String... sql) {
    return with(reason, false, 0, sql);
  }

  private TypeCase with(String why, boolean fits, int since, String... sql) {
    List<Value> all = new ArrayList<>(values);
    for (String one : sql) {
      all.add(new Value(one, fits, since));
    }
    return new TypeCase(group, type, why, all);
  }

  @Override
  public String toString() {
    return type;
  }
}
