package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.embedded.Version;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Networks that go dead and passwords that change, while a source runs. */
class OutageTest {
  @TempDir private Path folder;

  private static Capture capture(String database) throws Exception {
    return Capture.on(Version.V15, database).withTable(20);
  }

  @Test
  void aPasswordThatTheServerKnowsBeforeTheFileIsWaitedFor() throws Exception {
    Path file = Files.writeString(folder.resolve("password"), "old\n");
    try (Capture capture = capture("rotated")) {
      capture.execute("CREATE ROLE rotated LOGIN SUPERUSER REPLICATION PASSWORD 'old'");
      capture.with("user", "rotated").with("password-file", file.toString()).open();
      capture.untilMember("t");
      capture.execute(
          "ALTER ROLE rotated PASSWORD 'new'",
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
              + " WHERE application_name = 'tidemark' AND datname = 'rotated'",
          "UPDATE t SET v = 'x'");
      capture.until(
          () -> capture.source.status().problem().orElse("").contains("the password was refused"));
      Files.writeString(file, "new\n");
      capture.assertEqual("t");
    }
  }

  @Test
  void aDeadNetworkIsNoticedAndKeepsNobodyFromStopping() throws Exception {
    try (Capture capture = capture("dead");
        Link link = new Link(capture.server.port())) {
      capture.with("port", Integer.toString(link.port())).with("connect-timeout", "1s").open();
      capture.untilMember("t");
      link.die();
      capture.until(
          () -> capture.source.status().problem().orElse("").contains("catalog could not be read"));
      long before = System.nanoTime();
      capture.source.close();
      assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(10));
    }
  }
}
