package io.tidemark.bench;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What people do without replication: {@code pg_dump} of a table into {@code psql}. */
final class DumpAndRestore implements Reader {
  /**
   * An installed pair of programs.
   *
   * @param bin their folder
   * @param major the version of PostgreSQL they are of; no server may be newer
   */
  record Programs(Path bin, int major) {
    private static final Path DEBIAN = Path.of("/usr/lib/postgresql");
    private static final Pattern MAJOR = Pattern.compile("\\(PostgreSQL\\) (\\d+)");

    /** The newest that are installed with their server; empty where there are none. */
    static Optional<Programs> find() throws IOException {
      List<Path> folders = new ArrayList<>();
      for (String folder : System.getenv("PATH").split(File.pathSeparator)) {
        folders.add(Path.of(folder));
      }
      if (Files.isDirectory(DEBIAN)) {
        try (Stream<Path> versions = Files.list(DEBIAN)) {
          versions.map(version -> version.resolve("bin")).forEach(folders::add);
        }
      }
      return folders.stream()
          .filter(bin -> Stream.of("pg_dump", "psql", "postgres").allMatch(isIn(bin)))
          .flatMap(bin -> version(bin).map(major -> new Programs(bin, major)).stream())
          .max(Comparator.comparingInt(Programs::major));
    }

    private static Predicate<String> isIn(Path bin) {
      return program -> Files.isExecutable(bin.resolve(program));
    }

    private static Optional<Integer> version(Path bin) {
      try {
        Process process =
            new ProcessBuilder(bin.resolve("pg_dump").toString(), "--version").start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        Matcher matcher = MAJOR.matcher(said);
        return matcher.find() ? Optional.of(Integer.valueOf(matcher.group(1))) : Optional.empty();
      } catch (IOException e) {
        return Optional.empty();
      }
    }
  }

  @Override
  public Measure read(Job job) throws IOException, InterruptedException {
    Path bin = Programs.find().orElseThrow().bin();
    Path said = Path.of(job.folder(), "said");
    Measure.Clock clock = new Measure.Clock();
    clock.start();
    List<Process> pipe =
        ProcessBuilder.startPipeline(
            List.of(
                program(
                    bin, "pg_dump", said, "--no-publications", "-t", job.table(), uri(job.url())),
                program(bin, "psql", said, "-Xq", "-v", "ON_ERROR_STOP=1", uri(job.target()))
                    .redirectOutput(Redirect.DISCARD)));
    for (Process each : pipe) {
      if (each.waitFor() != 0) {
        throw new IllegalStateException("Cannot dump: " + Files.readString(said));
      }
    }
    return clock.stop(job.changes()).ofOthers();
  }

  private static String uri(String jdbcUrl) {
    return jdbcUrl.substring("jdbc:".length());
  }

  private static ProcessBuilder program(Path bin, String name, Path said, String... arguments) {
    List<String> command = new ArrayList<>(List.of(bin.resolve(name).toString()));
    command.addAll(Arrays.asList(arguments));
    return new ProcessBuilder(command).redirectError(Redirect.appendTo(said.toFile()));
  }
}
