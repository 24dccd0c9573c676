package io.tidemark.app.live;

import io.tidemark.app.cli.Logs;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;

/**
 * A picture at the end of the terminal, drawn over itself. Warnings of the log appear above it.
 * Closing leaves the last picture standing.
 */
public final class Screen implements AutoCloseable {
  private static final String CLEAR_LINE = "\u001b[2K";
  private static final String UP = "\u001b[%dA";
  private static final int NARROW = 80;

  private final PrintStream out;
  private final int width;
  private final Logs logs;
  private final Queue<String> warnings = new ArrayDeque<>();
  private int drawn;

  public Screen(PrintStream out) {
    this.out = out;
    this.width = terminalWidth();
    this.logs = Logs.divert(this::warn);
  }

  private synchronized void warn(String message) {
    warnings.add(message);
  }

  /** Draws the lines in place of those drawn last. */
  public synchronized void draw(List<String> lines) {
    StringBuilder text = new StringBuilder();
    if (drawn > 0) {
      text.append(String.format(UP, drawn));
    }
    int surplus = drawn - lines.size() - warnings.size();
    while (!warnings.isEmpty()) {
      text.append(CLEAR_LINE).append("! ").append(warnings.remove()).append('\n');
    }
    for (String line : lines) {
      text.append(CLEAR_LINE).append(fit(line)).append('\n');
    }
    for (int i = 0; i < surplus; i++) {
      text.append(CLEAR_LINE).append('\n');
    }
    if (surplus > 0) {
      text.append(String.format(UP, surplus));
    }
    out.print(text);
    out.flush();
    drawn = lines.size();
  }

  /** A line that wraps would be two, and the picture would climb. */
  private String fit(String line) {
    return line.codePointCount(0, line.length()) < width
        ? line
        : line.substring(0, line.offsetByCodePoints(0, width - 2)) + "…";
  }

  private static int terminalWidth() {
    try {
      Process stty =
          new ProcessBuilder("sh", "-c", "stty size < /dev/tty").redirectErrorStream(true).start();
      String answer =
          new String(stty.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return answer.matches("\\d+ [1-9]\\d*")
          ? Integer.parseInt(answer.substring(answer.indexOf(' ') + 1))
          : NARROW;
    } catch (IOException e) {
      return NARROW;
    }
  }

  @Override
  public void close() {
    logs.close();
  }
}
