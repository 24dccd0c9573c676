package io.tidemark.app.demo;

import io.tidemark.app.Wiring;
import io.tidemark.postgres.PostgresConfig;
import io.tidemark.postgres.sink.PostgresLook;
import io.tidemark.postgres.sink.PostgresSinkConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * The PostgreSQL of a demo that does not run: it was part of the demo, so whoever compares the copy
 * with it starts it again.
 */
public final class WokenDatabase implements AutoCloseable {
  private final PostgresConfig source;
  private final Optional<DemoFolder> folder;
  private final Optional<DemoDatabase> database;

  private WokenDatabase(
      PostgresConfig source, Optional<DemoFolder> folder, Optional<DemoDatabase> database) {
    this.source = source;
    this.folder = folder;
    this.database = database;
  }

  /**
   * Makes a source reachable.
   *
   * @param config the configuration file that names it; nothing is done where it is no demo's own,
   *     or the demo runs
   */
  public static WokenDatabase wake(Path config, PostgresConfig source, Wiring wiring) {
    Path place = config.toAbsolutePath().getParent();
    boolean ofDemo =
        Files.exists(place.resolve("demo.lock")) && Files.exists(place.resolve("postgres"));
    if (!ofDemo || StoppedDemo.isRunning(place)) {
      return new WokenDatabase(source, Optional.empty(), Optional.empty());
    }
    DemoFolder folder = DemoFolder.open(place);
    try {
      DemoDatabase database = DemoDatabase.start(folder.postgres());
      return new WokenDatabase(
          source.at(wiring.source(database.url()).endpoint()),
          Optional.of(folder),
          Optional.of(database));
    } catch (RuntimeException e) {
      folder.close();
      throw e;
    }
  }

  /**
   * What a copy in a PostgreSQL says, also one on the server of a demo that does not run.
   *
   * @param config the configuration file that names it
   */
  public static PostgresLook look(Path config, PostgresConfig source, PostgresSinkConfig copy) {
    // the address of a demo's server is whole, so no variable counts
    try (WokenDatabase woken = wake(config, source, new Wiring(Map.of()))) {
      return PostgresLook.at(woken.copy(copy));
    }
  }

  /** The source, as it can be reached now. */
  public PostgresConfig source() {
    return source;
  }

  /** A copy in a PostgreSQL, as it can be reached now: a demo's lies on the same server. */
  public PostgresSinkConfig copy(PostgresSinkConfig config) {
    return database
        .map(woken -> config.at(PostgresSinkConfig.of(woken.copyUrl(), "demo").endpoint()))
        .orElse(config);
  }

  @Override
  public void close() {
    database.ifPresent(DemoDatabase::close);
    folder.ifPresent(DemoFolder::close);
  }
}
