package io.tidemark.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.tidemark.app.cli.Session;
import io.tidemark.app.cli.StopRequest;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The program in a process of its own, called as a user calls it. */
public final class Program implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 120;
  private static final int SIGINT = 2;

  private final Process process;
  private final Path out;
  private final Path err;

  private Program(Process process, Path out, Path err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /** How a call ended and what it said. */
  public record Said(int status, String out, String err) {
    /** The last line of the standard output. */
    public String lastLine() {
      return out.strip().lines().reduce("", (before, line) -> line);
    }
  }

  /** Starts a call in a folder. */
  public static Program start(Path folder, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx512m",
            "-XX:+UseSerialGC",
            "-Duser.timezone=Pacific/Chatham",
            "-Dlogback.configurationFile=logback.xml", // the program's own, not the tests'
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName()));
    command.addAll(List.of(arguments));
    Path out = Files.createTempFile("program", ".out");
    Path err = Files.createTempFile("program", ".err");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
    Process process = builder.start();
    process.getOutputStream().close();
    return new Program(process, out, err);
  }

  /** Makes a call and waits for its end. */
  public static Said call(Path folder, String... arguments)
      throws IOException, InterruptedException {
    try (Program program = start(folder, arguments)) {
      return program.end(PATIENCE_SECONDS);
    }
  }

  /** Makes a call in this process, where a process of its own would cost too much. */
  static Said inProcess(String... arguments) {
    return inProcess(Map.of(), arguments);
  }

  /** The same with environment variables. */
  static Said inProcess(Map<String, String> environment, String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Session session =
        new Session(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            new BufferedReader(new StringReader("")),
            Session.Terminal.NOBODY,
            environment,
            new StopRequest());
    int status = Main.run(session, arguments);
    return new Said(
        status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** Waits for the end, which must come within a time. */
  public Said end(int seconds) throws IOException, InterruptedException {
    if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
      signal("QUIT"); // has it print where its threads stand
      boolean late = process.waitFor(3, TimeUnit.SECONDS);
      fail(
          "It did not end within %s s%s; it said:%n%s%n%s",
          seconds, late ? ", but soon after" : "", read(out), read(err));
    }
    return new Said(process.exitValue(), read(out), read(err));
  }

  /** Sends a signal by its name. */
  public void signal(String name) throws IOException, InterruptedException {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
    assertThat(kill.waitFor()).isZero();
  }

  /** Interrupts it as Ctrl-C does. */
  public void interrupt() throws IOException, InterruptedException {
    signal(isInterruptIgnored() ? "TERM" : "INT");
  }

  /**
   * A shell without job control starts what it puts into the background with SIGINT ignored, which
   * every program below it inherits and the JVM leaves so. The other end of the same path is taken
   * then.
   */
  private static boolean isInterruptIgnored() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return false;
    }
    long ignored =
        Files.readAllLines(status).stream()
            .filter(line -> line.startsWith("SigIgn:"))
            .mapToLong(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
            .findFirst()
            .orElse(0);
    return (ignored & 1 << SIGINT - 1) != 0;
  }

  /** The most memory it ever had resident, in bytes; 0 where the system does not tell. */
  public long peakMemory() throws IOException {
    Path status = Path.of("/proc", Long.toString(process.pid()), "status");
    if (!Files.exists(status)) {
      return 0;
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
        .findFirst()
        .orElse(0);
  }

  /** Whether it still runs. */
  public boolean isRunning() {
    return process.isAlive();
  }

  /** What it said so far, to both streams. */
  public String said() throws IOException {
    return read(out) + read(err);
  }

  private static String read(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly();
    Files.deleteIfExists(out);
    Files.deleteIfExists(err);
  }
}
