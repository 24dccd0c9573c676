package io.tidemark.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** PostgreSQL's own tools on one cluster: making it, starting and stopping its server. */
final class Cluster {
  private static final int PATIENCE_SECONDS = 60;

  private final Path programs;
  private final PostgresHome home;
  private final Account account;

  Cluster(Path programs, PostgresHome home, Account account) {
    this.programs = programs;
    this.home = home;
    this.account = account;
  }

  boolean exists() {
    return Files.exists(home.data().resolve("PG_VERSION"));
  }

  /** Makes the cluster: UTF-8, the C locale, passwords by SCRAM. */
  void create(String superuser) {
    home.password();
    List<String> command = new ArrayList<>(List.of("--pgdata=" + home.data()));
    command.addAll(
        List.of(
            "--username=" + superuser,
            "--pwfile=" + home.passwordFile(),
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync"));
    Command.Result made = run("initdb", command);
    if (!made.ok()) {
      throw failed("create a cluster in " + home.data(), made.output());
    }
    write("postgresql.conf", readConfiguration() + "\ninclude 'tidemark.conf'\n");
  }

  /**
   * Writes the settings that our part of the configuration file holds.
   *
   * @param settings names and plain values
   */
  void configure(Map<String, String> settings) {
    StringBuilder text = new StringBuilder();
    new TreeMap<>(settings)
        .forEach(
            (name, value) ->
                text.append(name).append(" = '").append(value.replace("'", "''")).append("'\n"));
    write("tidemark.conf", text.toString());
  }

  /** Starts the server and waits until it takes connections. */
  void start() {
    Command.Result started =
        run("pg_ctl", List.of("--pgdata=" + home.data(), "--log=" + home.log(), "--wait", "start"));
    if (!started.ok()) {
      throw failed("start PostgreSQL in " + home.data(), started.output() + "\n" + lastOfLog());
    }
  }

  /** Ends sessions, writes everything out and stops; what does not end in time is killed. */
  void stop(Duration patience) {
    Command.Result stopped =
        run(
            "pg_ctl",
            List.of(
                "--pgdata=" + home.data(),
                "--wait",
                "--timeout=" + Math.max(1, patience.toSeconds()),
                "--mode=fast",
                "stop"));
    if (!stopped.ok()) {
      Postmaster.find(home.data()).ifPresent(Postmaster::kill);
    }
  }

  /** The end of the server's log. */
  String lastOfLog() {
    try {
      List<String> lines = Files.readAllLines(home.log());
      return String.join("\n", lines.subList(Math.max(0, lines.size() - 8), lines.size()));
    } catch (IOException e) {
      return "(no log: " + e.getMessage() + ")";
    }
  }

  private Command.Result run(String program, List<String> arguments) {
    boolean windows = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("windows");
    List<String> command = new ArrayList<>();
    command.add(programs.resolve("bin").resolve(windows ? program + ".exe" : program).toString());
    command.addAll(arguments);
    return Command.run(
        account.command(command), home.folder(), Map.of("LC_ALL", "C"), PATIENCE_SECONDS + 10);
  }

  private String readConfiguration() {
    try {
      return Files.readString(home.data().resolve("postgresql.conf"));
    } catch (IOException e) {
      throw failed("configure PostgreSQL in " + home.data(), e.getMessage());
    }
  }

  /** Writes a file of the cluster. */
  void write(String name, String text) {
    try {
      Path file = home.data().resolve(name);
      Files.writeString(file, text);
      Folders.permit(file, "rw-------");
      if (Folders.isPosix(file)) {
        Files.setOwner(file, Files.getOwner(home.data()));
      }
    } catch (IOException e) {
      throw failed("configure PostgreSQL in " + home.data(), e.getMessage());
    }
  }

  private static EmbeddedServerException failed(String what, String reason) {
    return new EmbeddedServerException("Cannot " + what + ": " + reason);
  }
}
