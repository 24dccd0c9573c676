package io.tidemark.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A real PostgreSQL on this machine, for as long as this object is open: on the loopback address
 * only, with logical decoding on and passwords by SCRAM. Starts as root too.
 *
 * <pre>{@code
 * try (EmbeddedPostgres pg = EmbeddedPostgres.start(Version.V18)) {
 *   pg.execute("CREATE TABLE t (id int PRIMARY KEY)");
 * }
 * }</pre>
 *
 * <p>It stops when it is closed or when the JVM ends. A JVM that is killed leaves it running; the
 * next start on the same folder, or any next temporary start, ends it.
 *
 * <p>Any thread may call it; {@link #restart}, {@link #stop}, {@link #kill} and {@link #close} wait
 * for each other.
 */
public final class EmbeddedPostgres implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** The superuser. */
  public static final String USER = "postgres";

  private final PostgresHome home;
  private final Cluster cluster;
  private final int port;
  private final Optional<Thread> hook;
  private boolean running;

  private EmbeddedPostgres(PostgresHome home, Cluster cluster, int port, Builder builder) {
    this.home = home;
    this.cluster = cluster;
    this.port = port;
    this.hook =
        builder.stopsWithJvm
            ? Optional.of(new Thread(this::close, "embedded-postgres-stop"))
            : Optional.empty();
  }

  /** Starts a new, empty server in a temporary folder that goes with it. */
  public static EmbeddedPostgres start(Version version) {
    return of(version).start();
  }

  /** A server to be described further and then started. */
  public static Builder of(Version version) {
    return new Builder(version);
  }

  /** The port it listens on. */
  public int port() {
    return port;
  }

  /** The superuser's password. */
  public String password() {
    return home.password();
  }

  /** The server's own log. */
  public Path log() {
    return home.log();
  }

  /** The cluster's folder. */
  public Path data() {
    return home.data();
  }

  /** A JDBC address of a database, user and password included. */
  public String jdbcUrl(String database) {
    return "jdbc:postgresql://127.0.0.1:"
        + port
        + "/"
        + database
        + "?user="
        + USER
        + "&password="
        + password();
  }

  /** A libpq address of a database, user and password included. */
  public String uri(String database) {
    return "postgresql://" + USER + ":" + password() + "@127.0.0.1:" + port + "/" + database;
  }

  /** A connection of the superuser to the database {@code postgres}. */
  public Connection connect() throws SQLException {
    return connect("postgres");
  }

  /** A connection of the superuser to a database. */
  public Connection connect(String database) throws SQLException {
    return DriverManager.getConnection(jdbcUrl(database));
  }

  /** Runs statements in the database {@code postgres}, each in a transaction of its own. */
  public void execute(String... statements) throws SQLException {
    executeIn("postgres", statements);
  }

  /** Runs statements in a database, each in a transaction of its own. */
  public void executeIn(String database, String... statements) throws SQLException {
    try (Connection connection = connect(database);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /** Makes an empty database and tells its {@link #jdbcUrl}. */
  public String createDatabase(String name) throws SQLException {
    execute("CREATE DATABASE \"" + name.replace("\"", "\"\"") + "\"");
    return jdbcUrl(name);
  }

  /** Whether the server was started and not stopped since. */
  public synchronized boolean isRunning() {
    return running;
  }

  /** Stops the server, if it runs, and starts it again on the same port. */
  public synchronized void restart() {
    stop();
    cluster.start();
    running = true;
  }

  /** Ends all sessions and stops the server; the data stays, {@link #restart} brings it back. */
  public synchronized void stop() {
    stop(PATIENCE);
  }

  /**
   * Stops as {@link #stop()} does; a server that has not written everything out within the time (in
   * seconds, 1 or more) is killed, and recovers when it is started again.
   */
  public synchronized void stop(Duration patience) {
    if (running) {
      cluster.stop(patience);
      running = false;
    }
  }

  /** Kills every process of the server at once; {@link #restart} recovers as after a crash. */
  public synchronized void kill() {
    Postmaster.find(home.data()).ifPresent(Postmaster::kill);
    running = false;
  }

  private synchronized void copyTo(PostgresHome other) {
    if (running) {
      throw new EmbeddedServerException(
          "Cannot copy the server in "
              + home.folder()
              + ": it is running, and its files are only whole while it is not. Stop it first.");
    }
    home.copyTo(other);
  }

  private String conninfo() {
    return "host=127.0.0.1 port="
        + port
        + " user="
        + USER
        + " password="
        + password()
        + " dbname=postgres";
  }

  /** Stops the server; a temporary one's folder is deleted. */
  @Override
  public synchronized void close() {
    hook.ifPresent(EmbeddedPostgres::forget);
    stop();
    home.close();
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is ending, so the hook runs or has run: it finds nothing left to stop.
      return;
    }
  }

  /** How a server shall be. Each call changes this builder and gives it back. */
  public static final class Builder {
    private static final int PORT_ATTEMPTS = 5;

    private final Version version;
    private final Map<String, String> settings = new TreeMap<>();
    private Optional<Path> folder = Optional.empty();
    private Optional<Account> account = Optional.empty();
    private final Map<String, String> files = new TreeMap<>();
    private Optional<EmbeddedPostgres> original = Optional.empty();
    private Optional<EmbeddedPostgres> primary = Optional.empty();
    private Optional<Path> programs = Optional.empty();
    private int port;
    private boolean stopsWithJvm = true;

    private Builder(Version version) {
      this.version = version;
      setting("wal_level", "logical");
      setting("synchronous_commit", "on");
      setting("max_wal_senders", "20");
      setting("max_replication_slots", "20");
      setting("listen_addresses", "127.0.0.1");
      setting("unix_socket_directories", "");
      setting("timezone", "UTC");
      setting("log_timezone", "UTC");
      setting("shared_buffers", "64MB");
      setting("max_wal_size", "512MB");
      setting("fsync", "off");
    }

    /**
     * Keeps the data in a folder that stays and is written through to the disk; without it the
     * folder is temporary and a crash of the machine may spoil it.
     */
    public Builder in(Path home) {
      folder = Optional.of(home);
      return setting("fsync", "on");
    }

    /** Listens on a port of the caller's choice; without it, on any free one. */
    public Builder port(int number) {
      port = number;
      return this;
    }

    /** Adds a setting of {@code postgresql.conf}, or changes one. */
    public Builder setting(String name, String value) {
      settings.put(name, value);
      return this;
    }

    /**
     * Runs a PostgreSQL of this machine, which must be of the version asked for, instead of the one
     * on the class path: for extensions that only that one has.
     *
     * @param installed the folder that holds {@code bin}
     */
    public Builder programs(Path installed) {
      programs = Optional.of(installed);
      return this;
    }

    /** Writes a file into the cluster's folder, for instance {@code pg_hba.conf} or a key. */
    public Builder file(String name, String text) {
      files.put(name, text);
      return this;
    }

    /**
     * Begins with the files of another server, as a restored backup or a clone would. That one must
     * be stopped while this one starts, and may run on afterwards.
     */
    public Builder copyOf(EmbeddedPostgres stopped) {
      original = Optional.of(stopped);
      return this;
    }

    /** The same, as a streaming standby of that server: it connects as soon as both run. */
    public Builder standbyOf(EmbeddedPostgres stopped) {
      primary = Optional.of(stopped);
      setting("primary_conninfo", stopped.conninfo());
      return copyOf(stopped);
    }

    /** Leaves it to the caller to stop the server before the JVM ends, in an order of its own. */
    public Builder stoppedByCaller() {
      stopsWithJvm = false;
      return this;
    }

    Builder account(Account chosen) {
      account = Optional.of(chosen);
      return this;
    }

    /** Starts the server and waits until it takes connections. */
    public EmbeddedPostgres start() {
      Account runner = account.orElseGet(Account::choose);
      Path installed = programs.orElseGet(() -> PostgresBinaries.unpacked(version, runner.cache()));
      PostgresHome home =
          folder
              .map(path -> PostgresHome.at(path, runner))
              .orElseGet(() -> PostgresHome.temporary(runner));
      try {
        return start(home, new Cluster(installed, home, runner));
      } catch (RuntimeException e) {
        home.close();
        throw e;
      }
    }

    private EmbeddedPostgres start(PostgresHome home, Cluster cluster) {
      if (original.isPresent() && !cluster.exists()) {
        original.get().copyTo(home);
        if (primary.isPresent()) {
          cluster.write("standby.signal", "");
        }
      }
      if (cluster.exists()) {
        Postmaster.find(home.data()).ifPresent(left -> cluster.stop(PATIENCE));
        Postmaster.forget(home.data());
      } else {
        cluster.create(USER);
      }
      files.forEach(cluster::write);
      int chosen = startOnPort(cluster);
      EmbeddedPostgres server = new EmbeddedPostgres(home, cluster, chosen, this);
      server.running = true;
      server.hook.ifPresent(Runtime.getRuntime()::addShutdownHook);
      return server;
    }

    /** A free port may be gone before the server takes it, so another one is tried then. */
    private int startOnPort(Cluster cluster) {
      for (int attempt = 1; ; attempt++) {
        int candidate = port != 0 ? port : freePort();
        settings.put("port", Integer.toString(candidate));
        cluster.configure(settings);
        try {
          cluster.start();
          return candidate;
        } catch (EmbeddedServerException e) {
          boolean taken = cluster.lastOfLog().contains("Address already in use");
          if (port != 0 || !taken || attempt == PORT_ATTEMPTS) {
            throw e;
          }
        }
      }
    }

    private static int freePort() {
      try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
