package io.tidemark.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Does what the README says, in its order, with the program as it was packaged. */
class ReadmeIT {
  private static final Path CHECKOUT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern BLOCK =
      Pattern.compile("^ *```(sh|sql)\\n(.*?)^ *```$", Pattern.DOTALL | Pattern.MULTILINE);

  /** A code block of the README. */
  private record Block(String language, List<String> lines) {}

  @TempDir Path folder;
  private final List<String> done = new ArrayList<>();

  @Test
  void everyCommandWorks() throws Exception {
    Files.createSymbolicLink(folder.resolve("tidemark"), CHECKOUT.resolve("tidemark"));
    try (EmbeddedPostgres pg = EmbeddedPostgres.start(Version.V15)) {
      pg.createDatabase("shop");
      pg.executeIn(
          "shop",
          "CREATE TABLE orders (id int PRIMARY KEY, what text)",
          "INSERT INTO orders SELECT i, 'thing ' || i FROM generate_series(1, 500) i");
      Process pipeline = null;
      for (Block block : blocks()) {
        if (block.language().equals("sql")) {
          pg.executeIn("shop", String.join("\n", block.lines()));
          continue;
        }
        for (String line : block.lines()) {
          String command =
              line.replace("localhost:5432", "127.0.0.1:" + pg.port())
                  .replace("--for 30s", "--for 6s"); // what is shown does not depend on it
          if (command.startsWith("./tidemark run ")) {
            pipeline = start(command);
            awaitCopy(pipeline);
          } else if (command.startsWith("./tidemark drop ")) {
            pipeline.destroy();
            assertThat(end(pipeline, command)).as("%s", said()).isZero();
            succeed(command + " --yes");
          } else if (command.startsWith("./tidemark doctor ")) {
            mend(pg);
            succeed(command);
          } else {
            succeed(command);
          }
          done.add(line.strip().split(" ")[1]);
        }
      }
    }
    assertThat(done)
        .as("the commands that the README shows")
        .contains(
            "demo",
            "query",
            "init",
            "validate",
            "doctor",
            "run",
            "status",
            "tables",
            "verify",
            "drop");
  }

  /** Does what the doctor says against what blocks, as the owner of the tables. */
  private void mend(EmbeddedPostgres pg) throws Exception {
    Program.Said said =
        Program.inProcess(
            "doctor",
            "--json",
            "--source",
            "postgres://tidemark:choose%20one@127.0.0.1:" + pg.port() + "/shop");
    assertThat(said.status()).isEqualTo(3);
    for (JsonNode finding : new ObjectMapper().readTree(said.lastLine()).get("findings")) {
      if (finding.get("severity").asText().equals("blocking")) {
        pg.executeIn("shop", finding.get("remedy").asText());
      }
    }
  }

  private void succeed(String command) throws Exception {
    int status = end(start(command), command);
    assertThat(status).as("%s%n%s", command, said()).isZero();
  }

  private Process start(String command) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder("sh", "-c", "exec " + command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log()));
    builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
    builder.environment().put("PGPASSWORD", "choose one");
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    // what is tried is the package that this build has just made
    builder.environment().put("TIDEMARK_BUILD", "never");
    Process process = builder.start();
    process.getOutputStream().close();
    return process;
  }

  private static int end(Process process, String command) throws InterruptedException {
    assertThat(process.waitFor(180, TimeUnit.SECONDS)).as(command).isTrue();
    return process.exitValue();
  }

  private void awaitCopy(Process pipeline) throws Exception {
    String config = folder.resolve("tidemark.yaml").toString();
    String lake = folder.resolve("shop-lake").toString();
    Files.writeString(
        folder.resolve("elsewhere.yaml"),
        Files.readString(Path.of(config)).replaceAll("path: \\S+", "path: " + lake));
    String elsewhere = folder.resolve("elsewhere.yaml").toString();
    String wanted = "[{\"n\":500}]";
    String answer = "";
    while (!answer.strip().equals(wanted)) {
      assertThat(pipeline.isAlive()).as("%s", said()).isTrue();
      TimeUnit.MILLISECONDS.sleep(100); // it needs the processor that asking would take
      answer =
          Program.inProcess(
                  "query", "--config", elsewhere, "--json", "SELECT count(*) AS n FROM orders")
              .out();
    }
  }

  private File log() {
    return folder.resolve("said").toFile();
  }

  private String said() throws IOException {
    return Files.readString(log().toPath());
  }

  private static List<Block> blocks() throws IOException {
    List<Block> blocks = new ArrayList<>();
    Matcher matcher = BLOCK.matcher(Files.readString(CHECKOUT.resolve("README.md")));
    while (matcher.find()) {
      List<String> lines =
          matcher.group(2).lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
      blocks.add(new Block(matcher.group(1), lines));
    }
    return blocks;
  }
}
