package io.tidemark.app;

import io.tidemark.app.cli.CommandRunner;
import io.tidemark.app.cli.GlobalOptions;
import io.tidemark.app.cli.Session;
import io.tidemark.app.cli.SignalHook;
import io.tidemark.app.cli.StopRequest;
import io.tidemark.app.command.CompactCommand;
import io.tidemark.app.command.CutoverCommand;
import io.tidemark.app.command.DeadLettersCommand;
import io.tidemark.app.command.DemoCommand;
import io.tidemark.app.command.DoctorCommand;
import io.tidemark.app.command.DropCommand;
import io.tidemark.app.command.GenerateCommand;
import io.tidemark.app.command.InitCommand;
import io.tidemark.app.command.QueryCommand;
import io.tidemark.app.command.RunCommand;
import io.tidemark.app.command.StatusCommand;
import io.tidemark.app.command.TablesCommand;
import io.tidemark.app.command.ValidateCommand;
import io.tidemark.app.command.VerifyCommand;
import java.io.BufferedReader;
import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import picocli.CommandLine;

/** The program: {@code tidemark <command> [options]}. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    StopRequest stop = new StopRequest();
    SignalHook hook = SignalHook.install(stop);
    Session session =
        new Session(
            utf8(FileDescriptor.out),
            utf8(FileDescriptor.err),
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)),
            isTerminal() ? Session.Terminal.PERSON : Session.Terminal.NOBODY,
            System.getenv(),
            stop);
    int status = run(session, arguments);
    hook.ended(status);
    System.exit(status);
  }

  /**
   * Runs one command line.
   *
   * @return the exit status
   */
  public static int run(Session session, String... arguments) {
    return new CommandRunner(session).run(commands(), arguments);
  }

  /** Every command. */
  static CommandLine commands() {
    CommandLine root = new CommandLine(new GlobalOptions());
    List.of(
            new DemoCommand(),
            new QueryCommand(),
            new VerifyCommand(),
            new InitCommand(),
            new ValidateCommand(),
            new DoctorCommand(),
            new RunCommand(),
            new StatusCommand(),
            new TablesCommand(),
            new DeadLettersCommand(),
            new CompactCommand(),
            new CutoverCommand(),
            new DropCommand(),
            new GenerateCommand())
        .forEach(root::addSubcommand);
    return root;
  }

  private static PrintStream utf8(FileDescriptor descriptor) {
    return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
  }

  /** From Java 22 on a console may be no terminal, and says so. */
  private static boolean isTerminal() {
    Console console = System.console();
    if (console == null || Runtime.version().feature() < 22) {
      return console != null;
    }
    try {
      return (boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (ReflectiveOperationException e) {
      return false;
    }
  }
}
