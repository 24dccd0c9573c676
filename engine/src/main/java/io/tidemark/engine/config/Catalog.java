package io.tidemark.engine.config;

import io.tidemark.api.config.ComponentSpec;
import java.util.List;
import java.util.Optional;

/**
 * Every component that a pipeline can be made of. Put together by the application, because modules
 * do not see each other.
 *
 * @param pipeline the options of the pipeline itself
 * @param components sources, sinks and transforms, in the order in which the reference shows them
 */
public record Catalog(ComponentSpec pipeline, List<ComponentSpec> components) {
  public Catalog {
    components = List.copyOf(components);
  }

  /** The components of a kind: {@code source}, {@code sink} or {@code transform}. */
  public List<ComponentSpec> ofKind(String kind) {
    return components.stream().filter(spec -> spec.kind().equals(kind)).toList();
  }

  /** The component of a kind with a {@code type:} tag. */
  public Optional<ComponentSpec> find(String kind, String type) {
    return ofKind(kind).stream().filter(spec -> spec.type().equals(type)).findFirst();
  }
}
