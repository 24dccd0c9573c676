package io.tidemark.duckdb.sink;

import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState;
import io.tidemark.api.sink.Commit;
import io.tidemark.api.sink.SinkState;
import io.tidemark.api.sink.Upkeep;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the file for readers: a copy of the whole file as of one tidemark, put in the place of the
 * one before by a rename. Who has that one open keeps it. Runs between two commits, on the sink's
 * thread, so that the copy is of one moment; what it costs is shown.
 */
final class Publisher {
  private static final Logger LOG = LoggerFactory.getLogger(Publisher.class);

  private final DuckDbConfig config;
  private long nextNanos = System.nanoTime();
  private boolean changed;
  private Map<TableName, TableState> tables = Map.of();
  private boolean toldTooLong;
  private Position published = Position.NONE;
  private volatile Upkeep last = Upkeep.NONE;

  /**
   * Makes one.
   *
   * @param held what the file held when it was opened
   */
  Publisher(DuckDbConfig config, SinkState held) {
    this.config = config;
    this.changed = !held.isNew();
  }

  /**
   * A commit has happened; makes the file anew if it is time. A tidemark that moves over nothing is
   * no reason to copy a file.
   */
  void committed(CopyFile file, Commit commit) {
    changed |= !commit.staged().isEmpty() || !commit.tables().equals(tables);
    tables = commit.tables();
    if (!isDue(commit.tidemark())) {
      return;
    }
    published = commit.tidemark();
    long began = System.nanoTime();
    try {
      long length = file.bytes().size();
      if (length > config.publishMaxBytes()) {
        tooLong(length);
      } else {
        file.execute("CHECKPOINT");
        length = file.bytes().size();
        publish(file.bytes());
        changed = false;
        last = new Upkeep("published", (System.nanoTime() - began) / 1e9, length);
        LOG.debug(
            "Published {} bytes as {} in {} ms.",
            length,
            config.readPath(),
            Duration.ofNanos(System.nanoTime() - began).toMillis());
      }
    } catch (IOException | SQLException e) {
      LOG.warn(
          "Cannot publish {}, readers keep the one before; tried again in {}: {}",
          config.readPath(),
          config.publishEvery(),
          e.toString());
    }
    nextNanos = System.nanoTime() + config.publishEvery().toNanos();
  }

  /** Whoever asks for it gets every tidemark; else it is made now and then, of what has changed. */
  private boolean isDue(Position tidemark) {
    if (config.isFile() && PublishRequest.isThere(config)) {
      return changed || !tidemark.equals(published);
    }
    return changed && !config.publishEvery().isZero() && System.nanoTime() - nextNanos >= 0;
  }

  /** The last time that the file for readers was made; any thread. */
  Upkeep last() {
    return last;
  }

  private void tooLong(long length) {
    if (!toldTooLong) {
      toldTooLong = true;
      LOG.warn(
          "{} is not made anew any more: the file has {} bytes, and publish-max-bytes is {}.",
          config.readPath(),
          length,
          config.publishMaxBytes());
    }
  }

  private void publish(FileChannel from) throws IOException {
    Path target = config.readPath();
    Path unfinished = target.resolveSibling(target.getFileName() + ".new");
    try (FileChannel to =
        FileChannel.open(
            unfinished,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      long length = from.size();
      for (long at = 0; at < length; ) {
        at += from.transferTo(at, length - at, to);
      }
      to.force(true);
    }
    // what a reader may have written beside the file before belongs to that one alone
    Files.deleteIfExists(target.resolveSibling(target.getFileName() + ".wal"));
    Files.move(
        unfinished, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
