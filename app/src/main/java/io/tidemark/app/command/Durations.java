package io.tidemark.app.command;

import io.tidemark.api.config.OptionType;
import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a span of time on the command line as the configuration does. */
final class Durations implements ITypeConverter<Duration> {
  @Override
  public Duration convert(String text) {
    try {
      return OptionType.readDuration(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException("expected " + e.getMessage() + ", not '" + text + "'");
    }
  }
}
