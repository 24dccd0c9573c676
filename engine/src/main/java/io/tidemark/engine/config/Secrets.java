package io.tidemark.engine.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Puts values in place of {@code ${env:NAME}} and {@code ${file:path}}, and remembers them so that
 * no message shows one. {@code $${} stands for a plain <code>${</code>.
 */
final class Secrets {
  private static final Pattern REFERENCE =
      Pattern.compile("\\$\\$\\{|\\$\\{(env|file):([^}]*)}|\\$\\{([^}]*)}");
  private static final String SHOWN = "(secret)";

  private final Map<String, String> environment;
  private final Path folder;
  private final TreeSet<String> values =
      new TreeSet<>(
          java.util.Comparator.comparing(String::length).reversed().thenComparing(text -> text));

  /**
   * Makes one for a file.
   *
   * @param folder where relative paths begin
   */
  Secrets(Map<String, String> environment, Path folder) {
    this.environment = environment;
    this.folder = folder;
  }

  /**
   * A text with every reference resolved.
   *
   * @throws IllegalArgumentException with words for the user when one cannot be
   */
  String resolve(String text) {
    Matcher matcher = REFERENCE.matcher(text);
    StringBuilder resolved = new StringBuilder();
    while (matcher.find()) {
      Function<String, String> read = "env".equals(matcher.group(1)) ? this::variable : this::file;
      String value;
      if (matcher.group(3) != null) {
        throw new IllegalArgumentException(
            "cannot resolve '"
                + matcher.group()
                + "', expected ${env:NAME} or ${file:path}. Write $${ for a plain ${.");
      } else if (matcher.group(1) == null) {
        value = "${";
      } else {
        value = read.apply(matcher.group(2));
        if (!value.isEmpty()) {
          values.add(value);
        }
      }
      matcher.appendReplacement(resolved, Matcher.quoteReplacement(value));
    }
    return matcher.appendTail(resolved).toString();
  }

  /** A message with every resolved value taken out. */
  String hide(String message) {
    String hidden = message;
    for (String value : values) {
      hidden = hidden.replace("'" + value + "'", SHOWN);
      if (value.length() > 3) {
        hidden = hidden.replace(value, SHOWN);
      }
    }
    return hidden;
  }

  private String variable(String name) {
    String value = environment.get(name);
    if (value == null) {
      throw new IllegalArgumentException(
          "the environment variable " + name + " is not set. Set it, or write the value.");
    }
    return value;
  }

  private String file(String path) {
    try {
      return Files.readString(folder.resolve(path), StandardCharsets.UTF_8).stripTrailing();
    } catch (IOException | InvalidPathException e) {
      throw new IllegalArgumentException(
          "the file " + path + " cannot be read. Check its path and its rights.", e);
    }
  }
}
