package io.tidemark.api.config;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * How an option is written and what it becomes.
 *
 * @param <T> what code gets
 * @param name what help and reference call it
 * @param words the only values allowed; empty where the type is open
 * @param shape the YAML node it is written as
 * @param reader turns the node (String, List or Map of Strings, as {@code shape} says) into the
 *     value
 */
public record OptionType<T>(String name, List<String> words, Shape shape, Reader<T> reader) {
  /** The YAML node of an option. */
  public enum Shape {
    /** Text, number or boolean. */
    SCALAR,
    /** A list of scalars; a single scalar is read as a list of one. */
    LIST,
    /** Scalars by name. */
    MAP
  }

  /** Reads one node. */
  @FunctionalInterface
  public interface Reader<T> {
    /**
     * The value of a node.
     *
     * @throws IllegalArgumentException with the words that follow "expected ", when the node is not
     *     of this type
     */
    T read(Object node);
  }

  /** Any text. */
  public static final OptionType<String> TEXT = scalar("text", text -> text);

  /** {@code true} or {@code false}. */
  public static final OptionType<Boolean> SWITCH =
      new OptionType<>(
          "true or false",
          List.of("true", "false"),
          Shape.SCALAR,
          node -> readSwitch((String) node));

  /** A whole number. */
  public static final OptionType<Long> NUMBER = scalar("number", OptionType::readNumber);

  /** A span of time: {@code 500ms}, {@code 30s}, {@code 5m}, {@code 2h}, {@code 7d}. */
  public static final OptionType<Duration> DURATION = scalar("duration", OptionType::readDuration);

  /** A number of bytes: {@code 100}, {@code 64KiB}, {@code 512MiB}, {@code 2GiB}, {@code 1TiB}. */
  public static final OptionType<Long> SIZE = scalar("size", OptionType::readSize);

  /** A list of texts. */
  public static final OptionType<List<String>> LIST =
      new OptionType<>("list", List.of(), Shape.LIST, node -> texts((List<?>) node));

  /** Texts by name. */
  public static final OptionType<Map<String, String>> MAP =
      new OptionType<>("map", List.of(), Shape.MAP, node -> textsByName((Map<?, ?>) node));

  /** One of the constants of an enum, in lower case with dashes. */
  public static <E extends Enum<E>> OptionType<E> oneOf(Class<E> constants) {
    Map<String, E> byWord =
        Arrays.stream(constants.getEnumConstants())
            .collect(
                Collectors.toMap(
                    OptionType::word, constant -> constant, (a, b) -> a, TreeMap::new));
    List<String> words = Arrays.stream(constants.getEnumConstants()).map(OptionType::word).toList();
    return new OptionType<>(
        String.join(" | ", words),
        words,
        Shape.SCALAR,
        node -> {
          E found = byWord.get(((String) node).toLowerCase(Locale.ROOT));
          if (found == null) {
            throw new IllegalArgumentException("one of " + String.join(", ", words));
          }
          return found;
        });
  }

  /** How a constant is written in configuration. */
  public static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static <T> OptionType<T> scalar(
      String name, java.util.function.Function<String, T> read) {
    return new OptionType<>(name, List.of(), Shape.SCALAR, node -> read.apply((String) node));
  }

  private static Boolean readSwitch(String text) {
    if (text.equals("true") || text.equals("false")) {
      return text.equals("true");
    }
    throw new IllegalArgumentException("true or false");
  }

  private static Long readNumber(String text) {
    try {
      return Long.parseLong(text.replace("_", ""));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("a whole number such as 1000", e);
    }
  }

  /** Reads a span of time as {@link #DURATION} does. */
  public static Duration readDuration(String text) {
    String[] parts = numberAndUnit(text);
    try {
      long number = Long.parseLong(parts[0]);
      return switch (parts[1]) {
        case "ms" -> Duration.ofMillis(number);
        case "s" -> Duration.ofSeconds(number);
        case "m", "min" -> Duration.ofMinutes(number);
        case "h" -> Duration.ofHours(number);
        case "d" -> Duration.ofDays(number);
        default -> throw new IllegalArgumentException("unknown unit");
      };
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new IllegalArgumentException("a duration such as 500ms, 30s, 5m, 2h or 7d", e);
    }
  }

  /** Reads a number of bytes as {@link #SIZE} does. */
  public static long readSize(String text) {
    String[] parts = numberAndUnit(text);
    try {
      long number = Long.parseLong(parts[0]);
      return switch (parts[1].toLowerCase(Locale.ROOT)) {
        case "", "b" -> number;
        case "kib", "kb", "k" -> Math.multiplyExact(number, 1L << 10);
        case "mib", "mb", "m" -> Math.multiplyExact(number, 1L << 20);
        case "gib", "gb", "g" -> Math.multiplyExact(number, 1L << 30);
        case "tib", "tb", "t" -> Math.multiplyExact(number, 1L << 40);
        default -> throw new IllegalArgumentException("unknown unit");
      };
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new IllegalArgumentException("a size such as 64KiB, 512MiB or 2GiB", e);
    }
  }

  private static String[] numberAndUnit(String text) {
    int end = 0;
    while (end < text.length() && Character.isDigit(text.charAt(end))) {
      end++;
    }
    return new String[] {text.substring(0, end), text.substring(end).strip()};
  }

  private static List<String> texts(List<?> nodes) {
    return nodes.stream().map(String.class::cast).toList();
  }

  private static Map<String, String> textsByName(Map<?, ?> nodes) {
    Map<String, String> texts = new TreeMap<>();
    nodes.forEach((name, value) -> texts.put((String) name, (String) value));
    return texts;
  }
}
