package io.tidemark.engine.config;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemark.api.config.ComponentSpec;
import io.tidemark.api.config.Option;
import io.tidemark.api.config.OptionType;
import java.util.Map;

/**
 * The JSON Schema (draft 2020-12) of {@code tidemark.yaml}, with which editors help to write it.
 */
public final class JsonSchema {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private JsonSchema() {}

  /** The schema as indented text. */
  public static String of(Catalog catalog) {
    ObjectNode root = JSON.objectNode();
    root.put("$schema", "https://json-schema.org/draft/2020-12/schema");
    root.put("title", "Tidemark pipeline");
    root.put("description", catalog.pipeline().summary());
    object(root, OptionGroups.of(catalog.pipeline().options()));
    ObjectNode properties = (ObjectNode) root.get("properties");
    properties.set("source", oneOf(catalog, "source"));
    list(properties.putObject("sinks"), catalog, "sink").put("minItems", 1);
    list(properties.putObject("transforms"), catalog, "transform");
    root.putArray("required").add("source").add("sinks");
    return root.toPrettyString() + "\n";
  }

  private static ObjectNode list(ObjectNode node, Catalog catalog, String kind) {
    node.put("type", "array");
    node.set("items", oneOf(catalog, kind));
    return node;
  }

  private static ObjectNode oneOf(Catalog catalog, String kind) {
    ObjectNode node = JSON.objectNode();
    ArrayNode choices = node.putArray("oneOf");
    catalog.ofKind(kind).forEach(spec -> choices.add(component(spec)));
    return node;
  }

  private static ObjectNode component(ComponentSpec spec) {
    ObjectNode node = JSON.objectNode();
    node.put("title", spec.type());
    node.put("description", spec.summary());
    object(node, OptionGroups.of(spec.options()));
    ObjectNode properties = (ObjectNode) node.get("properties");
    properties.putObject("type").put("const", spec.type());
    if (!properties.has("name")) {
      properties.putObject("name").put("type", "string");
    }
    ArrayNode required = (ArrayNode) node.get("required");
    if (required == null) {
      required = node.putArray("required");
    }
    required.insert(0, "type");
    return node;
  }

  /** An object with the options of a group; dotted names are allowed beside nested ones. */
  private static void object(ObjectNode node, OptionGroups group) {
    node.put("type", "object");
    node.put("additionalProperties", false);
    ObjectNode properties = node.putObject("properties");
    ArrayNode required = JSON.arrayNode();
    for (Map.Entry<String, OptionGroups> member : group.members().entrySet()) {
      ObjectNode property = properties.putObject(member.getKey());
      if (member.getValue().option().isPresent()) {
        option(property, member.getValue().option().get());
      } else {
        object(property, member.getValue());
        dotted(properties, member.getKey(), member.getValue());
      }
      if (member.getValue().option().map(Option::required).orElse(false)) {
        required.add(member.getKey());
      }
    }
    if (!required.isEmpty()) {
      node.set("required", required);
    }
  }

  private static void dotted(ObjectNode properties, String prefix, OptionGroups group) {
    group
        .members()
        .forEach(
            (name, member) -> {
              if (member.option().isPresent()) {
                option(properties.putObject(prefix + "." + name), member.option().get());
              } else {
                dotted(properties, prefix + "." + name, member);
              }
            });
  }

  private static void option(ObjectNode node, Option<?> option) {
    node.put("description", option.description());
    option.standard().ifPresent(standard -> node.put("default", standard));
    node.putArray("examples").add(option.example());
    OptionType<?> type = option.type();
    switch (type.shape()) {
      case MAP -> {
        node.put("type", "object");
        node.set("additionalProperties", scalar());
      }
      case LIST -> {
        ArrayNode choices = node.putArray("anyOf");
        choices.add(scalar());
        choices.addObject().put("type", "array").set("items", scalar());
      }
      case SCALAR -> {
        if (type.words().isEmpty()) {
          node.setAll(scalar());
        } else {
          ArrayNode choices = node.putArray("anyOf");
          ArrayNode words = choices.addObject().putArray("enum");
          type.words().forEach(words::add);
          if (type == OptionType.SWITCH) {
            choices.addObject().put("type", "boolean");
          }
          choices.addObject().put("type", "string").put("pattern", "^\\$\\{(env|file):");
        }
      }
    }
  }

  private static ObjectNode scalar() {
    ObjectNode node = JSON.objectNode();
    node.putArray("type").add("string").add("number").add("boolean");
    return node;
  }
}
