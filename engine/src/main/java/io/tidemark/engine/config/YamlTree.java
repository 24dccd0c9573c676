package io.tidemark.engine.config;

import io.tidemark.api.config.ComponentSpec;
import io.tidemark.api.config.Option;
import io.tidemark.api.config.OptionType;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * Turns YAML nodes into what {@code Settings} reads: dotted option names with texts, lists and maps
 * of texts, and remembers the line of each. {@code a: {b: 1}} and {@code a.b: 1} mean the same.
 */
final class YamlTree {
  private static final int DEEPEST = 12;

  private final Secrets secrets;
  private final List<String> problems;
  private final Map<String, Integer> lines = new LinkedHashMap<>();
  private final Map<Node, Map<String, Node>> seen = new IdentityHashMap<>();

  YamlTree(Secrets secrets, List<String> problems) {
    this.secrets = secrets;
    this.problems = problems;
  }

  /** Line of a place, 1 or more; 0 where it is not known. */
  int line(String place) {
    String at = place;
    while (!at.isEmpty()) {
      Integer line = lines.get(at);
      if (line != null) {
        return line;
      }
      int end = Math.max(at.lastIndexOf('.'), at.lastIndexOf('['));
      at = end < 0 ? "" : at.substring(0, end);
    }
    return 0;
  }

  void remember(String place, Node node) {
    Optional<Mark> mark = node.getStartMark();
    mark.ifPresent(found -> lines.putIfAbsent(place, found.getLine() + 1));
  }

  /** The members of a mapping by key; doubled keys and keys that are no text are problems. */
  Map<String, Node> members(MappingNode mapping, String where) {
    Map<String, Node> known = seen.get(mapping);
    if (known != null) {
      return new LinkedHashMap<>(known);
    }
    Map<String, Node> members = new LinkedHashMap<>();
    seen.put(mapping, members);
    for (NodeTuple tuple : mapping.getValue()) {
      if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
        problems.add(where + ": a key is no text. Write a word, then a colon.");
        continue;
      }
      String place = where.isEmpty() ? key.getValue() : where + "." + key.getValue();
      remember(place, key);
      if (members.put(key.getValue(), tuple.getValueNode()) != null) {
        problems.add(place + ": given twice. Remove one.");
      }
    }
    return new LinkedHashMap<>(members);
  }

  /**
   * The options of a component.
   *
   * @param reserved keys that are none of its options
   */
  Map<String, Object> options(
      MappingNode mapping, String where, ComponentSpec spec, List<String> reserved) {
    Map<String, Object> options = new LinkedHashMap<>();
    Map<String, Node> members = members(mapping, where);
    reserved.forEach(members::remove);
    members.forEach((key, node) -> collect(key, node, where, spec, options, 0));
    return options;
  }

  private void collect(
      String name,
      Node node,
      String where,
      ComponentSpec spec,
      Map<String, Object> options,
      int depth) {
    String place = where.isEmpty() ? name : where + "." + name;
    remember(place, node);
    boolean group = spec.options().stream().anyMatch(each -> each.name().startsWith(name + "."));
    if (node instanceof MappingNode mapping && group && !isMap(spec, name) && depth < DEEPEST) {
      members(mapping, place)
          .forEach(
              (key, child) -> collect(name + "." + key, child, where, spec, options, depth + 1));
      return;
    }
    value(node, place)
        .ifPresent(
            value -> {
              if (options.put(name, value) != null) {
                problems.add(place + ": given twice. Remove one.");
              }
            });
  }

  private static boolean isMap(ComponentSpec spec, String name) {
    return spec.options().stream()
        .filter(option -> option.name().equals(name))
        .map(Option::type)
        .anyMatch(type -> type.shape() == OptionType.Shape.MAP);
  }

  /** A text, a list of texts or a map of texts; empty for a null. */
  private Optional<Object> value(Node node, String place) {
    if (node instanceof ScalarNode scalar) {
      return text(scalar, place).map(text -> text);
    }
    if (node instanceof SequenceNode sequence) {
      List<Object> texts = new ArrayList<>();
      for (Node each : sequence.getValue()) {
        if (each instanceof ScalarNode scalar) {
          text(scalar, place).ifPresent(texts::add);
        } else {
          problems.add(place + ": expected a list of texts, found something nested in it.");
        }
      }
      return Optional.of(texts);
    }
    Map<String, Object> texts = new LinkedHashMap<>();
    members((MappingNode) node, place)
        .forEach(
            (key, each) -> {
              if (each instanceof ScalarNode scalar) {
                text(scalar, place + "." + key).ifPresent(text -> texts.put(key, text));
              } else {
                problems.add(place + "." + key + ": expected a text, found something nested.");
              }
            });
    return Optional.of(texts);
  }

  /** The text of a scalar with secrets resolved; empty for a null. */
  Optional<String> text(ScalarNode scalar, String place) {
    if (scalar.getTag().equals(Tag.NULL)) {
      return Optional.empty();
    }
    try {
      return Optional.of(secrets.resolve(scalar.getValue()));
    } catch (IllegalArgumentException e) {
      problems.add(place + ": " + e.getMessage());
      return Optional.empty();
    }
  }
}
