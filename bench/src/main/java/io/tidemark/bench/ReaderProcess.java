package io.tidemark.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs one reader in a JVM of its own, so that its CPU time and its memory are its own: first a
 * warm-up job that does not count, then the measured one. {@code BENCH_READER_OPTIONS} in the
 * environment gives that JVM more options ({@code %k} is the reader's word), for profiles.
 */
final class ReaderProcess {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String RESULT = "RESULT ";

  private ReaderProcess() {}

  /** Starts the process, waits for its end and returns what it measured. */
  static Measure run(ReaderKind kind, Reader.Job warmUp, Reader.Job measured)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(System.getProperty("java.home") + "/bin/java");
    command.add("-Xmx512m");
    String more = System.getenv("BENCH_READER_OPTIONS");
    if (more != null && !more.isBlank()) {
      command.addAll(List.of(more.strip().replace("%k", kind.word()).split(" +")));
    }
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            ReaderProcess.class.getName(),
            kind.name(),
            JSON.writeValueAsString(warmUp),
            JSON.writeValueAsString(measured)));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    List<String> said = new ArrayList<>();
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        said.add(line);
      }
    }
    int exit = process.waitFor();
    String result =
        said.stream()
            .filter(line -> line.startsWith(RESULT))
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "Cannot measure "
                            + kind
                            + ": its process ended with "
                            + exit
                            + " and said:\n"
                            + String.join("\n", said)));
    return JSON.readValue(result.substring(RESULT.length()), Measure.class);
  }

  /** The reader's side. */
  public static void main(String[] args) throws Exception {
    ReaderKind kind = ReaderKind.valueOf(args[0]);
    kind.reader().read(JSON.readValue(args[1], Reader.Job.class));
    Measure measure = kind.reader().read(JSON.readValue(args[2], Reader.Job.class));
    System.out.println(RESULT + JSON.writeValueAsString(measure));
    System.exit(0);
  }
}
