package io.tidemark.app.command;

import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState;
import io.tidemark.api.sink.Loads;
import io.tidemark.api.sink.Upkeep;
import io.tidemark.app.Setup;
import io.tidemark.app.Wiring;
import io.tidemark.app.demo.StoppedDemo;
import io.tidemark.app.demo.WokenDatabase;
import io.tidemark.app.lake.LakeCopy;
import io.tidemark.duckdb.sink.DuckDbLook;
import io.tidemark.engine.control.ControlClient;
import io.tidemark.engine.deadletter.LetterBox;
import io.tidemark.engine.pipeline.PipelineStatus;
import io.tidemark.engine.state.PipelineState;
import io.tidemark.engine.state.StateCodec;
import io.tidemark.engine.transform.TransformChain;
import io.tidemark.kafka.sink.KafkaLook;
import io.tidemark.parquet.state.AsOf;
import io.tidemark.postgres.sink.PostgresLook;
import io.tidemark.snowflake.SnowflakeLook;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/** How a pipeline stands: asked of it where it runs, read from its copies where it does not. */
final class PipelineLook {
  private final Path file;
  private final Setup setup;

  PipelineLook(Path file, Setup setup) {
    this.file = file;
    this.setup = setup;
  }

  /** The pipeline of a choice. */
  static PipelineLook of(PipelineChoice choice, Wiring wiring) {
    Path file = choice.file();
    return new PipelineLook(file, wiring.load(file));
  }

  Setup setup() {
    return setup;
  }

  /** Whether the source is a demo's own PostgreSQL, which ends with the demo. */
  boolean isOfDemo() {
    Path folder = file.toAbsolutePath().getParent();
    return Files.exists(folder.resolve("demo.lock")) && Files.exists(folder.resolve("postgres"));
  }

  /** How it stands. */
  PipelineStatus status() {
    Optional<ControlClient> running = ControlClient.find(setup.pipeline().dataDir());
    return running.map(ControlClient::status).orElseGet(this::stored);
  }

  private PipelineStatus stored() {
    List<Stored> copies = setup.sinks().stream().map(this::stored).toList();
    Stored behind =
        copies.stream().min(Comparator.comparing(copy -> copy.tidemark().lsn())).orElseThrow();
    String tidemark = behind.tidemark().toString();
    return new PipelineStatus(
        setup.pipeline().name(),
        "stopped",
        "",
        tidemark,
        at(behind.committedAtMicros()),
        0,
        0,
        copies.stream().mapToLong(copy -> copy.sink().files()).sum(),
        0,
        0,
        0,
        "",
        new PipelineStatus.Slot(false, "", "", tidemark, -1, false, 0),
        behind.tables(),
        copies.stream().map(Stored::sink).toList());
  }

  /** What one copy says. */
  private record Stored(
      Position tidemark,
      long committedAtMicros,
      List<PipelineStatus.Table> tables,
      PipelineStatus.SinkLine sink) {}

  private Stored stored(Setup.Copy copy) {
    if (copy instanceof Setup.Lake lake) {
      return stored(lake);
    } else if (copy instanceof Setup.Database database) {
      PostgresLook look = WokenDatabase.look(file, setup.source(), database.config());
      return stored(
          copy, "postgres", look.position(), look.committedAtMicros(), look.entries(), look.rows());
    } else if (copy instanceof Setup.Warehouse warehouse) {
      SnowflakeLook look = Wiring.look(warehouse);
      return stored(
          copy,
          "snowflake",
          look.position(),
          look.committedAtMicros(),
          look.entries(),
          look.rows());
    }
    if (copy instanceof Setup.Topics topics) {
      KafkaLook look = KafkaLook.at(topics.config());
      return stored(
          copy, "kafka", look.position(), look.committedAtMicros(), look.entries(), look.rows());
    }
    DuckDbLook look = DuckDbLook.at(((Setup.DuckDbFile) copy).config());
    return stored(
        copy, "duckdb", look.position(), look.committedAtMicros(), look.entries(), look.rows());
  }

  /** What a copy of current rows says. */
  private Stored stored(
      Setup.Copy copy,
      String type,
      Position position,
      long committedAtMicros,
      SortedMap<String, String> entries,
      SortedMap<TableName, Long> rows) {
    List<PipelineStatus.Table> tables = new ArrayList<>();
    PipelineState held = StateCodec.decode(entries);
    TransformChain transforms = new TransformChain(setup.transforms());
    held.tables()
        .forEach(
            (name, state) -> {
              long count =
                  LakeCopy.copyName(held, name, transforms)
                      .map(copied -> rows.getOrDefault(copied, 0L))
                      .orElse(0L);
              tables.add(table(name.toString(), state, count));
            });
    return new Stored(
        position,
        committedAtMicros,
        tables,
        new PipelineStatus.SinkLine(
            copy.name(),
            type,
            "stopped",
            "",
            position.toString(),
            0,
            0,
            0,
            0,
            0,
            0,
            "",
            0,
            0,
            Upkeep.NONE,
            Loads.NONE,
            LetterBox.stored(entries).size()));
  }

  private Stored stored(Setup.Lake lake) {
    Path scratch = setup.pipeline().dataDir().resolve("query");
    try (StoppedDemo demo = StoppedDemo.wake(file, lake.config());
        LakeCopy copy = LakeCopy.open(demo.lake(), setup.transforms(), AsOf.LATEST, scratch)) {
      List<PipelineStatus.Table> tables = new ArrayList<>();
      copy.state()
          .tables()
          .forEach((name, state) -> tables.add(table(name.toString(), state, copy.rows(name))));
      String tidemark = copy.tidemark().toString();
      return new Stored(
          copy.tidemark(),
          copy.committedAtMicros(),
          tables,
          new PipelineStatus.SinkLine(
              lake.name(),
              "parquet",
              "stopped",
              "",
              tidemark,
              0,
              0,
              0,
              copy.files(),
              0,
              0,
              "",
              0,
              0,
              Upkeep.NONE,
              Loads.NONE,
              copy.letters().size()));
    }
  }

  private static PipelineStatus.Table table(String name, TableState state, long rows) {
    return new PipelineStatus.Table(
        name,
        state.word(),
        state.attempt(),
        rows,
        state.rowsCopied(),
        state.rowsExpected(),
        state.reason().orElse(""));
  }

  private static String at(long micros) {
    return micros == 0 ? "" : Instant.EPOCH.plus(micros, ChronoUnit.MICROS).toString();
  }
}
