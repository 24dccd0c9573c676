package io.tidemark.app.command;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a number of transactions per second. */
final class Rates implements ITypeConverter<Double> {
  @Override
  public Double convert(String text) {
    try {
      double rate = Double.parseDouble(text);
      if (rate >= 0 && !Double.isInfinite(rate)) {
        return rate;
      }
    } catch (NumberFormatException e) {
      // said below, as for a number that is none of these
    }
    throw new TypeConversionException(
        "expected transactions per second, such as 50 or 0.5, or 0 for as many as the database takes,"
            + " not '"
            + text
            + "'");
  }
}
