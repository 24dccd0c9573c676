package io.tidemark.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The script {@code ./tidemark} in a checkout whose Maven and Java only tell that they were called.
 */
class LauncherTest {
  private static final List<String> MODULES =
      List.of("api", "engine", "postgres", "parquet", "duckdb", "embedded", "app");

  @TempDir Path folder;
  private Path checkout;
  private Path jdk;

  private record Said(int status, String out, String err) {}

  @BeforeEach
  void makeCheckout() throws IOException {
    checkout = Files.createDirectory(folder.resolve("a checkout"));
    Files.copy(Path.of("..", "tidemark"), checkout.resolve("tidemark"));
    executable(checkout.resolve("tidemark"), Files.readString(checkout.resolve("tidemark")));
    executable(
        checkout.resolve("mvnw"),
        """
        #!/bin/sh
        echo "$@" >> calls
        [ ! -e broken ] || { echo '[ERROR] Foo.java:[1,2] that is wrong'; exit 1; }
        echo '[INFO] Building Tidemark api 0.1.0-SNAPSHOT  [1/7]'
        sleep 0.3
        mkdir -p app/target/tidemark/lib
        echo jar > app/target/tidemark-app.jar
        """);
    for (String module : MODULES) {
      Files.createDirectories(checkout.resolve(module).resolve("src/main/java"));
      Files.writeString(checkout.resolve(module).resolve("pom.xml"), "<project/>");
      Files.writeString(checkout.resolve(module).resolve("src/main/java/A.java"), "class A {}");
    }
    Files.writeString(checkout.resolve("pom.xml"), "<project/>");
    jdk = jdk("17.0.9");
  }

  @Test
  void buildsOnceAndThenStartsTheProgramWithItsArguments() throws Exception {
    Said first = tidemark("query", "SELECT 'a  b'");
    assertThat(first.status()).isZero();
    assertThat(first.err()).contains("building for the first time", "  api\n");
    assertThat(first.out())
        .contains("[-Xmx512m]", "[io.tidemark.app.Main]\n[query]\n[SELECT 'a  b']\n");
    Said second = tidemark("--help");
    assertThat(second.err()).isEmpty();
    assertThat(builds()).hasSize(1);
    assertThat(builds().get(0)).contains("-Ddist", "package");
  }

  @Test
  void buildsAgainWhenASourceIsNewerOrGone() throws Exception {
    tidemark();
    age();
    Files.writeString(checkout.resolve("parquet/src/main/java/B.java"), "class B {}");
    assertThat(tidemark().err()).contains("sources are newer than the build");
    age();
    Files.delete(checkout.resolve("parquet/src/main/java/B.java"));
    tidemark();
    age();
    Files.writeString(checkout.resolve("README.md"), "not a source");
    tidemark();
    assertThat(builds()).hasSize(3);
  }

  @Test
  void twoAtTheSameTimeBuildOnce() throws Exception {
    List<Process> processes = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      processes.add(start("--help"));
    }
    for (Process process : processes) {
      assertThat(end(process).status()).isZero();
    }
    assertThat(builds()).hasSize(1);
  }

  @Test
  void aLockOfADeadProcessHoldsNobody() throws Exception {
    Path lock = Files.createDirectories(checkout.resolve("app/target/tidemark/build.lock"));
    Process dead = new ProcessBuilder("true").start();
    dead.waitFor();
    Files.writeString(lock.resolve("pid"), Long.toString(dead.pid()));
    assertThat(tidemark().status()).isZero();
    assertThat(builds()).hasSize(1);
    assertThat(lock).doesNotExist();
  }

  @Test
  void aFailedBuildSaysWhyAndIsTriedAgain() throws Exception {
    Files.createFile(checkout.resolve("broken"));
    Said failed = tidemark();
    assertThat(failed.status()).isEqualTo(3);
    assertThat(failed.out()).isEmpty();
    assertThat(failed.err()).contains("that is wrong", "Cannot build: Maven ended with status 1");
    Files.delete(checkout.resolve("broken"));
    assertThat(tidemark().status()).isZero();
  }

  @Test
  void anOldJavaIsRefused() throws Exception {
    jdk = jdk("11.0.2");
    Said said = tidemark();
    assertThat(said.status()).isEqualTo(3);
    assertThat(said.err()).contains("is Java 11, and Tidemark needs 17 or newer");
  }

  @Test
  void aWrongJavaHomeIsNamed() throws Exception {
    jdk = folder.resolve("no jdk");
    Said said = tidemark();
    assertThat(said.status()).isEqualTo(3);
    assertThat(said.err()).contains("JAVA_HOME is " + jdk);
  }

  @Test
  void newerJavaGetsItsOwnOptionsAndTheUsersComeLast() throws Exception {
    jdk = jdk("25");
    Process process = start("TIDEMARK_OPTS=-Xmx2g -Dx=y", "run");
    assertThat(end(process).out())
        .contains("[-Xmx512m]\n", "[-Xmx2g]\n[-Dx=y]\n", "[--enable-native-access=ALL-UNNAMED]");
  }

  @Test
  void startsFromAnywhereAndThroughALink() throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("link"), checkout.resolve("tidemark"));
    ProcessBuilder builder = new ProcessBuilder(link.toString(), "status");
    builder.environment().put("JAVA_HOME", jdk.toString());
    Said said = end(builder.directory(folder.toFile()).start());
    assertThat(said.status()).as(said.err()).isZero();
    assertThat(said.out()).contains("[status]");
  }

  private Said tidemark(String... arguments) throws Exception {
    return end(start(arguments));
  }

  private Process start(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("env"));
    List.of(arguments).stream().filter(word -> word.contains("OPTS=")).forEach(command::add);
    command.add("./tidemark");
    List.of(arguments).stream().filter(word -> !word.contains("OPTS=")).forEach(command::add);
    ProcessBuilder builder = new ProcessBuilder(command).directory(checkout.toFile());
    builder.environment().put("JAVA_HOME", jdk.toString());
    builder.environment().remove("TIDEMARK_OPTS");
    return builder.start();
  }

  private static Said end(Process process) throws Exception {
    String out = new String(process.getInputStream().readAllBytes());
    String err = new String(process.getErrorStream().readAllBytes());
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Said(process.exitValue(), out, err);
  }

  private List<String> builds() throws IOException {
    return Files.readAllLines(checkout.resolve("calls"));
  }

  /** Lets the build be older than what is written from now on, and younger than what was before. */
  private void age() throws IOException {
    FileTime past = FileTime.from(Instant.now().minusSeconds(60));
    FileTime before = FileTime.from(Instant.now().minusSeconds(120));
    try (var files = Files.walk(checkout)) {
      for (Path file : files.toList()) {
        Files.setLastModifiedTime(file, before);
      }
    }
    Files.setLastModifiedTime(checkout.resolve("app/target/tidemark-app.jar"), past);
  }

  private Path jdk(String version) throws IOException {
    Path home = Files.createDirectories(folder.resolve("jdk " + version));
    Files.createDirectories(home.resolve("bin"));
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    executable(
        home.resolve("bin/java"), "#!/bin/sh\nfor word; do printf '[%s]\\n' \"$word\"; done\n");
    executable(home.resolve("bin/javac"), "#!/bin/sh\n");
    return home;
  }

  private static void executable(Path file, String text) throws IOException {
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
