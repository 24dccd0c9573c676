package io.tidemark.app.cli;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Map;

/**
 * One call of the program: where it may write, what it may ask, and how it learns that it shall
 * end.
 */
public final class Session {
  private final PrintStream out;
  private final PrintStream err;
  private final BufferedReader in;
  private final boolean terminal;
  private final Map<String, String> environment;
  private final StopRequest stop;
  private boolean json;

  /**
   * @param terminal whether a person sits at both {@code in} and {@code out}
   * @param environment the environment variables
   */
  public Session(
      PrintStream out,
      PrintStream err,
      BufferedReader in,
      Terminal terminal,
      Map<String, String> environment,
      StopRequest stop) {
    this.out = out;
    this.err = err;
    this.in = in;
    this.terminal = terminal == Terminal.PERSON;
    this.environment = Map.copyOf(environment);
    this.stop = stop;
  }

  /** Who is at the other end. */
  public enum Terminal {
    /** Somebody who reads a moving picture and can be asked. */
    PERSON,
    /** A pipe, a file, a script. */
    NOBODY
  }

  /** Where results go. With {@code --json} nothing else may be written there. */
  public PrintStream out() {
    return out;
  }

  /** Where everything else goes. */
  public PrintStream err() {
    return err;
  }

  /** Where a person reads how it goes: the standard output, unless that is kept for JSON. */
  public PrintStream talk() {
    return json ? err : out;
  }

  /** The environment variables. */
  public Map<String, String> environment() {
    return environment;
  }

  /** Whether the user wants JSON. */
  public boolean json() {
    return json;
  }

  /** Whether a moving picture may be drawn. */
  public boolean isLive() {
    return terminal && !json && !"dumb".equals(environment.get("TERM"));
  }

  /** How this call learns that it shall end. */
  public StopRequest stop() {
    return stop;
  }

  void wantJson(boolean wanted) {
    json = wanted;
  }

  /**
   * Asks a question that is answered with yes or no.
   *
   * @param yes whether the user has said yes beforehand
   * @throws TidemarkException USAGE where nobody can be asked
   */
  public boolean confirm(String question, boolean yes) {
    if (yes) {
      return true;
    }
    if (!terminal) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "Cannot ask '" + question + "': there is no terminal. Add --yes to agree.");
    }
    err.print(question + " [y/N] ");
    err.flush();
    try {
      String answer = in.readLine();
      return answer != null && answer.strip().toLowerCase(Locale.ROOT).startsWith("y");
    } catch (IOException e) {
      return false;
    }
  }
}
