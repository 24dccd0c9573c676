package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.TableName;
import io.tidemark.embedded.Version;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A network that swallows everything from one moment on: nobody waits for it for ever. */
@Tag("thorough")
class SilentNetworkTest {
  @Test
  void aCopyBeginsAgainOverAnotherConnection() throws Exception {
    try (Capture capture = Capture.on(Version.V15, "silent");
        Link link = new Link(capture.server.port())) {
      capture.execute(
          "CREATE TABLE t (id int PRIMARY KEY, v text)",
          "INSERT INTO t SELECT i, repeat(md5(i::text), 10) FROM generate_series(1, 150000) i");
      capture
          .with("host", "127.0.0.1")
          .with("port", String.valueOf(link.port()))
          .with("connect-timeout", "1s")
          .with("snapshot.workers", "1")
          .with("queue.memory", "64KiB")
          .open();
      capture.until(() -> capture.copy.readTaken > 0);
      link.die();
      link.revive();
      capture.until(() -> capture.copy.tables.get(TableName.parse("t")).attempt() == 2);
      assertThat(capture.copy.readTaken).isLessThan(300_000);
    }
  }
}
