package io.tidemark.app.command;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.app.Wiring;
import io.tidemark.app.cli.Answer;
import io.tidemark.app.cli.Command;
import io.tidemark.app.cli.FileFailure;
import io.tidemark.app.cli.Session;
import io.tidemark.engine.config.SampleConfig;
import io.tidemark.parquet.ParquetConfig;
import io.tidemark.postgres.PostgresConfig;
import io.tidemark.postgres.connect.PostgresUrl;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemark init}: a configuration to begin with. */
@CommandLine.Command(
    name = "init",
    description = {
      "Writes an annotated configuration: every option with its default and what it does.",
      "A password is never written down: PGPASSWORD, ~/.pgpass or the option password-file give it."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  tidemark init --source postgres://tidemark@localhost/shop --sink ./shop-lake",
      "  tidemark init --source postgres://tidemark@db/shop --sink s3://lake/shop shop.yaml"
    })
public final class InitCommand implements Command {
  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      defaultValue = "tidemark.yaml",
      description = "The file to write (${DEFAULT-VALUE}).")
  private Path file;

  @Option(
      names = "--source",
      paramLabel = "URL",
      defaultValue = "postgres://postgres@localhost:5432/postgres",
      description = "The database (${DEFAULT-VALUE}).")
  private String source;

  @Option(
      names = "--sink",
      paramLabel = "PATH",
      defaultValue = "lake",
      description = "Where the copy goes: a folder or s3://bucket/prefix (./${DEFAULT-VALUE}).")
  private String sink;

  @Option(names = "--force", description = "Overwrite the file if it exists.")
  private boolean force;

  @Override
  public Answer run(Session session) {
    Map<String, String> parts = parts();
    String name = parts.getOrDefault("database", "tidemark");
    String text =
        SampleConfig.of(
            Wiring.catalog(),
            Map.of("name", name, "data-dir", name + "-data"),
            PostgresConfig.SPEC,
            Map.of("url", withoutPassword(parts)),
            ParquetConfig.SPEC,
            Map.of("path", sink));
    write(text);
    Answer answer =
        Answer.ok(
            "Wrote " + file + ".",
            "Next:",
            "  tidemark validate " + file,
            "  tidemark doctor " + file,
            "  tidemark run " + file);
    if (parts.containsKey("password")) {
      session
          .err()
          .println(
              "The password was left out of the file: set PGPASSWORD, write it to ~/.pgpass, or use"
                  + " the option password-file.");
    }
    return answer.with("file", file.toString());
  }

  private Map<String, String> parts() {
    try {
      return new TreeMap<>(PostgresUrl.parse(source));
    } catch (IllegalArgumentException e) {
      throw new TidemarkException(
          ErrorCode.USAGE, "Cannot use --source: expected " + e.getMessage() + ".", e);
    }
  }

  private String withoutPassword(Map<String, String> parts) {
    if (!parts.containsKey("password")) {
      return source;
    }
    Map<String, String> rest = new TreeMap<>(parts);
    rest.remove("password");
    return PostgresUrl.format(rest);
  }

  private void write(String text) {
    try {
      if (force) {
        Files.writeString(file, text);
      } else {
        Files.writeString(file, text, StandardOpenOption.CREATE_NEW);
      }
    } catch (FileAlreadyExistsException e) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "Cannot write " + file + ": it exists. Name another file, or add --force.",
          e);
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.USAGE, "Cannot write " + file + ": " + FileFailure.reason(e) + ".", e);
    }
  }
}
