package io.tidemark.parquet;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.copy.CopiedTable.DataFile;
import io.tidemark.api.model.TableName;
import io.tidemark.embedded.EmbeddedS3;
import io.tidemark.parquet.state.AsOf;
import io.tidemark.parquet.state.LakeFile;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A writer gets SIGKILL at random moments and is started again, many times; then DuckDB finds every
 * row of every committed transaction once, and no file that the state does not name.
 */
class KillTest {
  @TempDir Path folder;

  @Test
  void aFolderSurvivesKills() throws Exception {
    killOften(folderOptions(), 5);
  }

  @Test
  void aBucketSurvivesKills() throws Exception {
    try (EmbeddedS3 server = EmbeddedS3.start(folder.resolve("s3"))) {
      server.createBucket("lake");
      killOften(hard(TestS3.options(server, "s3://lake/bank", folder)), 3);
    }
  }

  @Test
  @Tag("thorough")
  void aFolderSurvivesManyKills() throws Exception {
    killOften(folderOptions(), 30);
  }

  private Map<String, String> folderOptions() {
    return hard(new TreeMap<>(Map.of("path", folder.resolve("lake").toString())));
  }

  /** Much is cleaned up and joined, so that kills fall into that too. */
  private static Map<String, String> hard(Map<String, String> options) {
    options.put("compact", "true");
    options.put("checkpoint-every", "3");
    options.put("retain-tidemarks", "5");
    options.put("row-group-bytes", "1MiB");
    return options;
  }

  private void killOften(Map<String, String> options, int kills) throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int kill = 0; kill < kills; kill++) {
      Process writer = start(options);
      try (BufferedReader out = writer.inputReader()) {
        assertThat(out.readLine()).as("first line of the writer").startsWith("open ");
        if (kill == 0) {
          // so that a slow machine cannot make all of them die before they have written anything
          assertThat(out.readLine()).as("second line of the writer").startsWith("committed ");
        }
        writer.waitFor(random.nextInt(1500), TimeUnit.MILLISECONDS);
        writer.destroyForcibly().waitFor();
      }
      if (kill % 2 == 0) {
        compare(options, "seed " + seed + ", after kill " + kill);
      }
    }
    try (ParquetSink sink = new ParquetSink(ParquetConfig.of(options))) {
      sink.open();
    }
    compare(options, "seed " + seed + ", at the end");
    if (!options.get("path").startsWith("s3:")) {
      noStrayFiles(options);
    }
  }

  private Process start(Map<String, String> options) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                KilledWriter.class.getName()));
    options.forEach((name, value) -> command.add(name + "=" + value));
    return new ProcessBuilder(command)
        .redirectError(Files.createTempFile(folder, "writer", ".err").toFile())
        .start();
  }

  /** What a reader sees that follows the state, also while nobody cleaned up after the kill. */
  private void compare(Map<String, String> options, String where) throws Exception {
    ParquetConfig config = ParquetConfig.of(options);
    try (ParquetLake lake = ParquetLake.open(config, folder.resolve("cache"), 1L << 30);
        LakeView view = lake.at(AsOf.LATEST);
        Duck duck = new Duck()) {
      long n = Long.parseLong(view.entries().getOrDefault("n", "0"));
      if (n == 0) {
        assertThat(view.tables()).as(where).isEmpty();
        return;
      }
      assertThat(view.tidemark()).as(where).isEqualTo(SinkRows.at(KilledWriter.FIRST + 10 * n));
      assertThat(
              duck.rows(
                  "SELECT count(*), count(DISTINCT id), max(id), min(_lsn), max(_lsn),"
                      + " bool_and(_lsn = 1000 + 10 * (id // 2)), bool_and(_seq = id % 2),"
                      + " bool_and(note IS NOT DISTINCT FROM if(id % 2 = 0, 'debit of ' || (id //"
                      + " 2), NULL)) FROM "
                      + files(view, KilledWriter.DEBITS.name())))
          .as(where)
          .isEqualTo(
              List.of(
                  List.of(
                      "" + 2 * n,
                      "" + 2 * n,
                      "" + (2 * n - 1),
                      "1000",
                      "" + (990 + 10 * n),
                      "true",
                      "true",
                      "true")));
      assertThat(
              duck.rows(
                  "SELECT count(*), count(DISTINCT id), max(id), bool_and(_lsn = 1000 + 10 * id),"
                      + " bool_and(note = 'credit of ' || id) FROM "
                      + files(view, KilledWriter.CREDITS.name())))
          .as(where)
          .isEqualTo(List.of(List.of("" + n, "" + n, "" + (n - 1), "true", "true")));
    }
  }

  private static String files(LakeView view, TableName table) {
    return Duck.files(view.files(table).stream().map(DataFile::path).map(Path::of).toList());
  }

  private void noStrayFiles(Map<String, String> options) throws Exception {
    Path root = Path.of(options.get("path"));
    TreeSet<String> named = new TreeSet<>();
    try (ParquetLake lake =
            ParquetLake.open(ParquetConfig.of(options), folder.resolve("cache"), 1L << 30);
        LakeView view = lake.at(AsOf.LATEST)) {
      view.tables()
          .values()
          .forEach(files -> files.stream().map(LakeFile::path).forEach(named::add));
      try (Stream<Path> files = Files.walk(root)) {
        List<String> stray =
            files
                .filter(Files::isRegularFile)
                .map(file -> root.relativize(file).toString())
                .filter(file -> !file.startsWith("_tidemark/state/") && !view.knows(file))
                .toList();
        assertThat(stray).isEmpty();
      }
    }
    assertThat(named).isNotEmpty();
  }
}
