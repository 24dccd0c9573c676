package io.tidemark.app.kill;

import io.tidemark.api.model.Lsn;
import io.tidemark.app.Program;
import io.tidemark.app.Setup;
import io.tidemark.app.Wiring;
import io.tidemark.app.bank.BankGenerator;
import io.tidemark.app.bank.BankSchema;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import io.tidemark.engine.control.ControlClient;
import io.tidemark.postgres.doctor.EventTrigger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What outlives the pipeline's processes: the server, and where the copies go. */
final class Scene implements AutoCloseable {
  /** How the pipeline learns of DDL. */
  enum Grade {
    PLAIN,
    EXACT
  }

  /** Where the lake is. */
  enum Store {
    FOLDER,
    S3
  }

  /** What the pipeline writes. */
  enum Copies {
    LAKE,
    /** A DuckDB file beside the lake. */
    LAKE_AND_FILE
  }

  /** What one run is made of. */
  record Choice(long seed, Version version, Grade grade, Store store, Copies copies) {}

  private static final String MINE = "tidemark.yaml";
  private static final String OTHERS = "other.yaml";

  private final Path folder;
  private final Choice choice;
  private final EmbeddedPostgres server;
  private final Destinations destinations;
  private final Lake lake;
  private final Optional<DuckDbFile> file;

  private Scene(Path folder, Choice choice, EmbeddedPostgres server, Destinations destinations)
      throws IOException {
    this.folder = folder;
    this.choice = choice;
    this.server = server;
    this.destinations = destinations;
    describe(MINE, data());
    describe(OTHERS, folder.resolve("data-elsewhere"));
    List<Setup.Copy> copies = new Wiring(Map.of()).load(folder.resolve(MINE)).sinks();
    this.lake =
        new Lake(new Truth(server, find(copies, Setup.Lake.class).orElseThrow().config(), folder));
    this.file = find(copies, Setup.DuckDbFile.class).map(copy -> new DuckDbFile(copy.config()));
  }

  private static <T extends Setup.Copy> Optional<T> find(List<Setup.Copy> copies, Class<T> kind) {
    return copies.stream().filter(kind::isInstance).map(kind::cast).findFirst();
  }

  /** Starts the servers, fills the tables and describes the pipeline; nothing runs yet. */
  static Scene begin(Path folder, Choice choice) throws Exception {
    EmbeddedPostgres server =
        EmbeddedPostgres.of(choice.version())
            .setting("logical_decoding_work_mem", "64kB") // transactions come while they run
            .start();
    Destinations destinations = Destinations.begin(folder, choice);
    try {
      Scene begun = new Scene(folder, choice, server, destinations);
      begun.prepare();
      return begun;
    } catch (SQLException | IOException | RuntimeException e) {
      destinations.close();
      server.close();
      throw e;
    }
  }

  private void prepare() throws Exception {
    BankSchema schema = new BankSchema("public");
    try (Connection db = server.connect()) {
      schema.create(db);
      OddTables.create(db);
      AuditLog.create(db, BankSchema.TABLES);
    }
    if (choice.grade() == Grade.EXACT) {
      server.execute(EventTrigger.sql());
    }
    try (BankGenerator generator = new BankGenerator(this::connect, schema, choice.seed())) {
      generator.open();
      generator.bulk(60_000);
    }
  }

  private void describe(String file, Path data) throws IOException {
    Files.writeString(
        folder.resolve(file),
        """
        name: kill
        data-dir: %s
        flush:
          interval: 700ms
        source:
          type: postgres
          url: %s
          on-ambiguous-rename: %s
          tables:
            include: public.*
            refresh: 1s
        %s"""
            .formatted(
                data,
                server.uri("postgres"),
                choice.grade() == Grade.EXACT ? "stop" : "drop-add",
                destinations.yaml()));
  }

  private Connection connect() {
    try {
      return server.connect();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  Choice choice() {
    return choice;
  }

  EmbeddedPostgres server() {
    return server;
  }

  Lake lake() {
    return lake;
  }

  /** The DuckDB file beside the lake, where there is one. */
  Optional<DuckDbFile> file() {
    return file;
  }

  /** Data folder of the pipeline. */
  Path data() {
    return folder.resolve("data");
  }

  /** Starts a process of the pipeline. */
  Program start() throws IOException {
    return Program.start(folder, "run", MINE);
  }

  /** Starts another one, of another data folder, that writes the same copies. */
  Program startAnother() throws IOException {
    return Program.start(folder, "run", OTHERS);
  }

  /** The pipeline that is running; empty while it starts. */
  Optional<ControlClient> running() {
    return ControlClient.find(data());
  }

  Lsn walEnd() throws SQLException {
    return Lsn.parse(AuditLog.one(server, "SELECT pg_current_wal_lsn()"));
  }

  @Override
  public void close() {
    destinations.close();
    server.close();
  }
}
