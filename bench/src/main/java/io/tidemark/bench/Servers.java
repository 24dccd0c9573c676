package io.tidemark.bench;

import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import java.nio.file.Path;
import java.util.Arrays;

/** The servers that are measured with. */
final class Servers {
  private Servers() {}

  /** A server whose data is written through to the disk, with room for every reader's slot. */
  static EmbeddedPostgres start(Path folder) {
    return start(EmbeddedPostgres.of(Version.V18), folder);
  }

  /** The same, of programs of this machine. */
  static EmbeddedPostgres start(Path folder, DumpAndRestore.Programs programs) {
    Version version =
        Arrays.stream(Version.values())
            .filter(each -> each.major() == programs.major())
            .findFirst()
            .orElseThrow();
    return start(EmbeddedPostgres.of(version).programs(programs.bin().getParent()), folder);
  }

  private static EmbeddedPostgres start(EmbeddedPostgres.Builder server, Path folder) {
    return server
        .in(folder)
        .setting("shared_buffers", "512MB")
        .setting("max_wal_size", "16GB")
        .setting("checkpoint_timeout", "1h")
        .setting("max_replication_slots", "40")
        .setting("max_wal_senders", "20")
        .setting("max_worker_processes", "40")
        .setting("max_logical_replication_workers", "30")
        .setting("wal_sender_timeout", "0")
        .start();
  }
}
