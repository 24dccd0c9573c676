package io.tidemark.engine.config;

import io.tidemark.api.config.Option;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Options as they nest in YAML. An option whose own name also leads others (were there {@code a}
 * and {@code a.b}) cannot nest; those others stand beside it under their dotted names.
 *
 * @param option the option of this name; empty for a mere group
 * @param members what nests below, by the next part of the name
 */
record OptionGroups(Optional<Option<?>> option, Map<String, OptionGroups> members) {

  static OptionGroups of(List<Option<?>> options) {
    OptionGroups root = new OptionGroups(Optional.empty(), new LinkedHashMap<>());
    List<String> names = options.stream().map(Option::name).toList();
    for (Option<?> option : options) {
      OptionGroups at = root;
      String rest = option.name();
      String path = "";
      int dot = rest.indexOf('.');
      while (dot > 0 && !names.contains(path + rest.substring(0, dot))) {
        path += rest.substring(0, dot) + ".";
        at =
            at.members.computeIfAbsent(
                rest.substring(0, dot),
                part -> new OptionGroups(Optional.empty(), new LinkedHashMap<>()));
        rest = rest.substring(dot + 1);
        dot = rest.indexOf('.');
      }
      at.members.put(rest, new OptionGroups(Optional.of(option), new LinkedHashMap<>()));
    }
    return root;
  }
}
