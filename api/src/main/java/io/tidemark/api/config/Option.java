package io.tidemark.api.config;

import java.util.Optional;

/**
 * One option, declared once: parsing, validation, {@code --help}, the JSON Schema for editors and
 * the reference page all come from it.
 *
 * @param <T> what code gets
 * @param name kebab-case, dots for hierarchy: {@code snapshot.max-hold}
 * @param type how it is written
 * @param standard the default as it would be written; empty where there is none
 * @param required whether it must be given
 * @param secret whether its value is never to be shown
 * @param description one or two sentences for a user, with unit and consequence
 * @param example a value that works
 */
public record Option<T>(
    String name,
    OptionType<T> type,
    Optional<String> standard,
    boolean required,
    boolean secret,
    String description,
    String example) {

  /** An option that must be given. */
  public static <T> Option<T> required(
      String name, OptionType<T> type, String description, String example) {
    return new Option<>(name, type, Optional.empty(), true, false, description, example);
  }

  /** An option with a default. */
  public static <T> Option<T> of(
      String name, OptionType<T> type, String standard, String description) {
    return new Option<>(name, type, Optional.of(standard), false, false, description, standard);
  }

  /** An option that may be left out and has no default. */
  public static <T> Option<T> optional(
      String name, OptionType<T> type, String description, String example) {
    return new Option<>(name, type, Optional.empty(), false, false, description, example);
  }

  /** The same option, with another example. */
  public Option<T> example(String value) {
    return new Option<>(name, type, standard, required, secret, description, value);
  }

  /** The same option, its value never to be shown. */
  public Option<T> asSecret() {
    return new Option<>(name, type, standard, required, true, description, example);
  }
}
