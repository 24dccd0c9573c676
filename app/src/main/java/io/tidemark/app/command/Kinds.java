package io.tidemark.app.command;

import io.tidemark.app.demo.DemoOptions.Kind;
import java.util.Arrays;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a kind of copy. */
final class Kinds implements ITypeConverter<Kind> {
  @Override
  public Kind convert(String text) {
    return Arrays.stream(Kind.values())
        .filter(kind -> kind.word().equalsIgnoreCase(text))
        .findFirst()
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "expected "
                        + Arrays.stream(Kind.values())
                            .map(Kind::word)
                            .collect(Collectors.joining(" or "))
                        + ", not '"
                        + text
                        + "'"));
  }
}
