package io.tidemark.embedded;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A program run to its end. */
final class Command {
  /**
   * How it ended.
   *
   * @param status exit status; -1 when the program does not exist or took too long
   * @param output what it wrote to both its streams
   */
  record Result(int status, String output) {
    boolean ok() {
      return status == 0;
    }
  }

  private Command() {}

  /**
   * Runs a program. Its output goes through a file, so that a server it leaves behind holds no pipe
   * of ours open.
   *
   * @param environment variables to set; none of PostgreSQL's own are inherited
   */
  static Result run(
      List<String> command, Path folder, Map<String, String> environment, int timeoutSeconds) {
    Path output = null;
    try {
      output = Files.createTempFile("tidemark-command", ".out");
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile());
      builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
      builder.environment().putAll(environment);
      Process process = builder.start();
      process.getOutputStream().close();
      if (!process.waitFor(timeoutSeconds, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return new Result(-1, Files.readString(output) + "(ended after " + timeoutSeconds + " s)");
      }
      return new Result(process.exitValue(), Files.readString(output).strip());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UncheckedIOException(
          new InterruptedIOException("interrupted in " + command.get(0)));
    } catch (IOException e) {
      return new Result(-1, String.valueOf(e.getMessage()));
    } finally {
      deleteQuietly(output);
    }
  }

  private static void deleteQuietly(Path file) {
    try {
      if (file != null) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      file.toFile().deleteOnExit();
    }
  }
}
