package io.tidemark.api.config;

import java.util.List;

/**
 * What a component of a pipeline can be told.
 *
 * @param kind where it stands in a pipeline: {@code source}, {@code sink}, {@code transform}, or
 *     {@code pipeline} for the pipeline itself
 * @param type the value of its {@code type:} tag
 * @param summary one sentence for a user
 * @param options every option, in the order in which a user should read them
 */
public record ComponentSpec(String kind, String type, String summary, List<Option<?>> options) {
  public ComponentSpec {
    options = List.copyOf(options);
    if (options.stream().map(Option::name).distinct().count() != options.size()) {
      throw new IllegalArgumentException(
          "Cannot declare " + kind + " " + type + ": an option is declared twice.");
    }
  }
}
