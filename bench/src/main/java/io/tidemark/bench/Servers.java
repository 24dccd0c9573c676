package io.tidemark.bench;

import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import java.nio.file.Path;

/** The servers that are measured with. */
final class Servers {
  private Servers() {}

  /** A source with room for every reader's slot. */
  static EmbeddedPostgres source(Path folder) {
    return EmbeddedPostgres.of(Version.V18)
        .in(folder)
        .setting("shared_buffers", "512MB")
        .setting("max_wal_size", "16GB")
        .setting("checkpoint_timeout", "1h")
        .setting("max_replication_slots", "40")
        .setting("max_wal_senders", "20")
        .setting("wal_sender_timeout", "0")
        .start();
  }
}
