package io.tidemark.api.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The options of one component with their values, read and checked. Made by {@link #read}; a
 * component turns it into its own typed configuration record.
 */
public final class Settings {
  private final ComponentSpec spec;
  private final Map<String, Object> values;

  private Settings(ComponentSpec spec, Map<String, Object> values) {
    this.spec = spec;
    this.values = values;
  }

  /**
   * Reads what a user wrote.
   *
   * @param spec what may be written
   * @param nodes option name to node: String, List or Map of Strings; secrets are resolved already
   * @param where how messages name the place, {@code sinks[0]} for instance
   * @param problems takes every problem found, in words for the user; nothing is thrown for them
   */
  public static Settings read(
      ComponentSpec spec, Map<String, Object> nodes, String where, List<String> problems) {
    Map<String, Object> values = new LinkedHashMap<>();
    for (Option<?> option : spec.options()) {
      Object node = nodes.get(option.name());
      if (node == null && option.required()) {
        problems.add(
            where
                + "."
                + option.name()
                + ": missing. Write for example '"
                + option.name()
                + ": "
                + option.example()
                + "'.");
      } else if (node != null || option.standard().isPresent()) {
        readOne(option, node == null ? option.standard().get() : node, where, problems)
            .ifPresent(value -> values.put(option.name(), value));
      }
    }
    List<String> known = spec.options().stream().map(Option::name).toList();
    for (String name : nodes.keySet()) {
      if (!known.contains(name) && !name.equals("type")) {
        problems.add(
            where
                + "."
                + name
                + ": unknown option of "
                + (spec.kind().equals(spec.type()) ? "" : spec.kind() + " ")
                + spec.type()
                + Suggestion.of(name, known));
      }
    }
    return new Settings(spec, values);
  }

  private static Optional<Object> readOne(
      Option<?> option, Object node, String where, List<String> problems) {
    try {
      return Optional.of(option.type().reader().read(shaped(option, node)));
    } catch (IllegalArgumentException e) {
      String shown = option.secret() ? "(secret)" : "'" + node + "'";
      problems.add(
          where
              + "."
              + option.name()
              + ": cannot read "
              + shown
              + ", expected "
              + e.getMessage()
              + ".");
      return Optional.empty();
    }
  }

  private static Object shaped(Option<?> option, Object node) {
    switch (option.type().shape()) {
      case SCALAR -> {
        if (node instanceof String) {
          return node;
        }
      }
      case LIST -> {
        if (node instanceof String text) {
          return text.isEmpty() ? List.of() : new ArrayList<>(List.of(text.split("\\s*,\\s*")));
        }
        if (node instanceof List<?> list && list.stream().allMatch(String.class::isInstance)) {
          return node;
        }
      }
      case MAP -> {
        if (node instanceof Map<?, ?> map
            && map.values().stream().allMatch(String.class::isInstance)) {
          return node;
        }
        if (node instanceof String text && text.isEmpty()) {
          return Map.of();
        }
      }
    }
    throw new IllegalArgumentException(
        "a " + option.type().shape().name().toLowerCase(java.util.Locale.ROOT));
  }

  /** The value of an option that is required or has a default. */
  public <T> T get(Option<T> option) {
    return find(option)
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "Cannot read option " + option.name() + ": it has no value."));
  }

  /** The value of an option that may be left out. */
  @SuppressWarnings("unchecked") // the value was read by this option's own reader
  public <T> Optional<T> find(Option<T> option) {
    if (!spec.options().contains(option)) {
      throw new IllegalArgumentException(
          "Cannot read option " + option.name() + ": not declared by " + spec.type() + ".");
    }
    return Optional.ofNullable((T) values.get(option.name()));
  }
}
