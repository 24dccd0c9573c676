package io.tidemark.app.command;

import io.tidemark.api.model.Lsn;
import io.tidemark.parquet.state.AsOf;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a tidemark or a time; a time without a zone is UTC, as all times here are. */
final class AsOfOption implements ITypeConverter<AsOf> {
  @Override
  public AsOf convert(String text) {
    if (text.matches("[0-9A-Fa-f]{1,8}/[0-9A-Fa-f]{1,8}")) {
      return new AsOf.Tidemark(Lsn.parse(text));
    }
    String time = text.strip().replaceFirst(" (?=\\d{2}:)", "T");
    return Stream.<Function<String, Instant>>of(
            Instant::parse,
            any -> OffsetDateTime.parse(any).toInstant(),
            any -> LocalDateTime.parse(any).toInstant(ZoneOffset.UTC),
            any -> LocalDate.parse(any).atStartOfDay().toInstant(ZoneOffset.UTC))
        .flatMap(reader -> read(reader, time).stream())
        .findFirst()
        .<AsOf>map(AsOf.Time::new)
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "expected a tidemark such as 0/1A2B3C4 or a time such as"
                        + " 2026-11-21T12:00:00Z, not '"
                        + text
                        + "'"));
  }

  private static Optional<Instant> read(Function<String, Instant> reader, String text) {
    try {
      return Optional.of(reader.apply(text));
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }
}
