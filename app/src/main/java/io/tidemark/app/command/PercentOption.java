package io.tidemark.app.command;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a share of a whole: {@code 5%}, {@code 0.5%}; the sign may be left out. */
final class PercentOption implements ITypeConverter<Double> {
  @Override
  public Double convert(String text) {
    try {
      double percent = Double.parseDouble(text.strip().replaceFirst("\\s*%$", ""));
      if (percent > 0 && percent <= 100) {
        return percent / 100;
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw new TypeConversionException("expected a share such as 5% or 0.5%, not '" + text + "'");
  }
}
