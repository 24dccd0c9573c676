package io.tidemark.engine.config;

import io.tidemark.api.config.ComponentSpec;
import io.tidemark.api.config.Settings;
import io.tidemark.api.config.Suggestion;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.engine.config.LoadedConfig.Component;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * Reads {@code tidemark.yaml}. All problems are told at once, each with its line, and a mistyped
 * word with the one that was probably meant. Values of secrets are resolved and never shown.
 */
public final class ConfigLoader {
  private static final String SOURCE = "source";
  private static final String SINKS = "sinks";
  private static final String TRANSFORMS = "transforms";
  private static final List<String> PARTS = List.of(SOURCE, SINKS, TRANSFORMS);
  private static final List<String> COMPONENT = List.of("type", "name");

  private final Catalog catalog;
  private final Map<String, String> environment;

  /**
   * Makes a loader.
   *
   * @param catalog what may be written
   * @param environment what {@code ${env:NAME}} is looked up in
   */
  public ConfigLoader(Catalog catalog, Map<String, String> environment) {
    this.catalog = catalog;
    this.environment = Map.copyOf(environment);
  }

  /**
   * Reads a file.
   *
   * @throws TidemarkException CONFIGURATION with every problem of the file
   */
  public LoadedConfig load(Path file) {
    String text;
    try {
      text = Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.CONFIGURATION,
          "Cannot read configuration "
              + file
              + ": there is no such file, or it is no UTF-8 text. Write one with 'tidemark init'.",
          e);
    }
    Path folder = file.toAbsolutePath().getParent();
    return load(text, file.toString(), folder);
  }

  /**
   * Reads a text.
   *
   * @param name how messages name it
   * @param folder where relative paths of {@code ${file:path}} begin
   */
  public LoadedConfig load(String text, String name, Path folder) {
    List<String> problems = new ArrayList<>();
    Secrets secrets = new Secrets(environment, folder);
    YamlTree tree = new YamlTree(secrets, problems);
    LoadedConfig loaded = read(root(text, name), tree, problems);
    if (!problems.isEmpty()) {
      throw failure(
          name, problems.stream().map(problem -> located(problem, tree, secrets)).toList());
    }
    return loaded;
  }

  private static TidemarkException failure(String name, List<String> problems) {
    String lead = problems.size() == 1 ? "1 problem" : problems.size() + " problems";
    return new TidemarkException(
        ErrorCode.CONFIGURATION,
        "Cannot use configuration " + name + ": " + lead + ".\n  " + String.join("\n  ", problems));
  }

  private static String located(String problem, YamlTree tree, Secrets secrets) {
    int colon = problem.indexOf(": ");
    int line = colon < 0 ? 0 : tree.line(problem.substring(0, colon));
    return (line == 0 ? "" : "line " + line + ": ") + secrets.hide(problem);
  }

  private static MappingNode root(String text, String name) {
    LoadSettings settings = LoadSettings.builder().setLabel(name).build();
    try {
      Optional<Node> root = new Compose(settings).composeString(text);
      if (root.isPresent() && root.get() instanceof MappingNode mapping) {
        return mapping;
      }
    } catch (MarkedYamlEngineException e) {
      String line =
          e.getProblemMark().map(mark -> "line " + (mark.getLine() + 1) + ": ").orElse("");
      throw failure(name, List.of(line + e.getProblem()));
    } catch (YamlEngineException e) {
      throw failure(name, List.of(String.valueOf(e.getMessage())));
    }
    throw failure(name, List.of("expected options by name, found something else."));
  }

  private LoadedConfig read(MappingNode root, YamlTree tree, List<String> problems) {
    Map<String, Object> own = tree.options(root, "", catalog.pipeline(), PARTS);
    Map<String, Node> parts = tree.members(root, "");
    List<String> found = new ArrayList<>();
    Settings pipeline = Settings.read(catalog.pipeline(), own, "", found);
    // The pipeline's own options stand at the top, so their place has no name before it.
    found.forEach(
        problem -> problems.add(problem.startsWith(".") ? problem.substring(1) : problem));
    Component source =
        one(SOURCE, parts.get(SOURCE), SOURCE, tree, problems, new HashSet<>()).orElse(null);
    List<Component> sinks = many("sink", SINKS, parts.get(SINKS), tree, problems);
    if (isMissing(parts.get(SINKS))) {
      problems.add("sinks: missing. A pipeline needs at least one.");
    }
    List<Component> transforms =
        many("transform", TRANSFORMS, parts.get(TRANSFORMS), tree, problems);
    return new LoadedConfig(pipeline, source, sinks, transforms);
  }

  private static boolean isMissing(Node list) {
    return list == null || list instanceof SequenceNode sequence && sequence.getValue().isEmpty();
  }

  private List<Component> many(
      String kind, String where, Node node, YamlTree tree, List<String> problems) {
    List<Component> components = new ArrayList<>();
    if (node == null) {
      return components;
    }
    if (!(node instanceof SequenceNode sequence)) {
      problems.add(where + ": expected a list, each entry with a type.");
      return components;
    }
    Set<String> names = new HashSet<>();
    int at = 0;
    for (Node each : sequence.getValue()) {
      one(kind, each, where + "[" + at++ + "]", tree, problems, names).ifPresent(components::add);
    }
    return components;
  }

  private Optional<Component> one(
      String kind,
      Node node,
      String where,
      YamlTree tree,
      List<String> problems,
      Set<String> names) {
    List<String> types = catalog.ofKind(kind).stream().map(ComponentSpec::type).toList();
    if (node == null) {
      problems.add(where + ": missing. Write its type, one of " + String.join(", ", types) + ".");
      return Optional.empty();
    }
    tree.remember(where, node);
    if (!(node instanceof MappingNode mapping)) {
      problems.add(where + ": expected options by name, with a type.");
      return Optional.empty();
    }
    Map<String, Node> members = tree.members(mapping, where);
    Optional<String> type = word(members.get("type"), where + ".type", tree);
    Optional<ComponentSpec> spec = type.flatMap(word -> catalog.find(kind, word));
    if (spec.isEmpty()) {
      problems.add(
          type.map(word -> where + ".type: unknown " + kind + " '" + word + "'" + hint(word, types))
              .orElse(where + ".type: missing. Write one of " + String.join(", ", types) + "."));
      return Optional.empty();
    }
    String name = word(members.get("name"), where + ".name", tree).orElse(free(names, type.get()));
    if (!names.add(name)) {
      problems.add(where + ".name: '" + name + "' is taken. Choose another.");
    }
    List<String> reserved =
        spec.get().options().stream().anyMatch(option -> option.name().equals("name"))
            ? List.of("type")
            : COMPONENT;
    Map<String, Object> options = tree.options(mapping, where, spec.get(), reserved);
    return Optional.of(
        new Component(name, type.get(), Settings.read(spec.get(), options, where, problems)));
  }

  private static String hint(String word, List<String> types) {
    return Suggestion.of(word, types);
  }

  private static String free(Set<String> names, String type) {
    String name = type;
    for (int i = 2; names.contains(name); i++) {
      name = type + "-" + i;
    }
    return name;
  }

  private static Optional<String> word(Node node, String place, YamlTree tree) {
    return node instanceof ScalarNode scalar ? tree.text(scalar, place) : Optional.empty();
  }
}
