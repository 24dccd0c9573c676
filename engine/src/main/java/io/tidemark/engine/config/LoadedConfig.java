package io.tidemark.engine.config;

import io.tidemark.api.config.Settings;
import java.util.List;

/**
 * A configuration that was read and found whole.
 *
 * @param pipeline settings of the pipeline itself
 * @param source the source
 * @param sinks at least one, with distinct names
 * @param transforms in the order in which rows pass them
 */
public record LoadedConfig(
    Settings pipeline, Component source, List<Component> sinks, List<Component> transforms) {
  public LoadedConfig {
    sinks = List.copyOf(sinks);
    transforms = List.copyOf(transforms);
  }

  /**
   * A configured component.
   *
   * @param name unique among those of its kind: {@code name:} where it was given, else the type
   * @param type its {@code type:} tag
   * @param settings its options
   */
  public record Component(String name, String type, Settings settings) {}
}
