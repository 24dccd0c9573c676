package io.tidemark.app.cli;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.embedded.EmbeddedServerException;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Runs the command that a command line names, prints its answer, and says failures in words. */
public final class CommandRunner {
  private static final Logger LOG = LoggerFactory.getLogger(CommandRunner.class);

  private final Session session;

  public CommandRunner(Session session) {
    this.session = session;
  }

  /**
   * Runs a command line.
   *
   * @param root the program's commands; its user object is {@link GlobalOptions}
   * @return the exit status
   */
  public int run(CommandLine root, String... arguments) {
    root.setOut(new PrintWriter(session.out(), true));
    root.setErr(new PrintWriter(session.err(), true));
    root.setExecutionStrategy(this::execute);
    root.setParameterExceptionHandler(this::misused);
    root.setCaseInsensitiveEnumValuesAllowed(true);
    root.setUsageHelpWidth(110);
    return root.execute(arguments);
  }

  private int execute(ParseResult parsed) {
    Integer help = CommandLine.executeHelpRequest(parsed);
    if (help != null) {
      return help;
    }
    ParseResult leaf = parsed;
    while (leaf.hasSubcommand()) {
      leaf = leaf.subcommand();
    }
    GlobalOptions options =
        parsed.commandSpec().userObject() instanceof GlobalOptions global
            ? global
            : new GlobalOptions();
    session.wantJson(options.json());
    if (!(leaf.commandSpec().userObject() instanceof Command command)) {
      leaf.commandSpec().commandLine().usage(session.err());
      return ExitCode.USAGE.number();
    }
    try {
      return print(command.run(session));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return failed(new TidemarkException(ErrorCode.INTERNAL, "Interrupted.", e), options);
    } catch (Exception e) {
      return failed(e, options);
    }
  }

  private int print(Answer answer) {
    if (session.json() && !answer.facts().isEmpty()) {
      Map<String, Object> whole = new LinkedHashMap<>();
      whole.put("ok", answer.exit() == ExitCode.OK);
      whole.putAll(answer.facts());
      session.out().println(Json.line(whole));
    } else if (!session.json()) {
      answer.lines().forEach(session.out()::println);
    }
    session.out().flush();
    return answer.exit().number();
  }

  private int failed(Exception e, GlobalOptions options) {
    ErrorCode code = code(e);
    String message =
        code == ErrorCode.INTERNAL && !(e instanceof TidemarkException)
            ? "Something went wrong that should not: " + e + ". --debug shows where."
            : e.getMessage();
    session.err().println(message);
    if (options.debug()) {
      e.printStackTrace(session.err());
    }
    LOG.debug("The command failed", e);
    if (session.json()) {
      printFailure(code, message);
    }
    return ExitCode.of(code).number();
  }

  private void printFailure(ErrorCode code, String message) {
    Map<String, Object> error = new LinkedHashMap<>();
    error.put("code", code.name());
    error.put("message", message);
    Map<String, Object> whole = new LinkedHashMap<>();
    whole.put("ok", false);
    whole.put("error", error);
    session.out().println(Json.line(whole));
    session.out().flush();
  }

  private static ErrorCode code(Exception e) {
    if (e instanceof TidemarkException known) {
      return known.code();
    }
    return e instanceof EmbeddedServerException ? ErrorCode.BUSY : ErrorCode.INTERNAL;
  }

  private int misused(ParameterException e, String[] arguments) {
    CommandLine command = e.getCommandLine();
    session.err().println(e.getMessage());
    if (!CommandLine.UnmatchedArgumentException.printSuggestions(e, command.getErr())) {
      session.err().println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
    }
    if (Arrays.asList(arguments).contains("--json")) {
      printFailure(ErrorCode.USAGE, e.getMessage());
    }
    return ExitCode.USAGE.number();
  }
}
