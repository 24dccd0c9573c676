package io.tidemark.engine.spill;

import io.tidemark.api.model.BatchCodec;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableSchema;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Batches of one lane that wait on local disk, in files that only their user can read. First in,
 * first out: a file goes away with the last batch in it. A cache: nothing in it is needed after a
 * restart, and {@link #wipe} removes what a dead process left.
 *
 * <p>Written by the source's thread, read by the lane's.
 */
public final class LaneSpill implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LaneSpill.class);
  private static final long SEGMENT_BYTES = 64L << 20;

  private final Path folder;
  private final SpillBudget budget;
  private Segment current;
  private int nextSegment;

  /** What the budget has given and not got back. */
  private long taken;

  /**
   * Makes an empty one.
   *
   * @param folder this lane's own
   */
  public LaneSpill(Path folder, SpillBudget budget) {
    this.folder = folder;
    this.budget = budget;
  }

  /** A batch on disk; read exactly once. */
  public static final class Spilled {
    private final TableSchema schema;
    private final Segment segment;
    private final long offset;
    private final int length;

    private Spilled(TableSchema schema, Segment segment, long offset, int length) {
      this.schema = schema;
      this.segment = segment;
      this.offset = offset;
      this.length = length;
    }

    /** Bytes on disk. */
    public long bytes() {
      return length;
    }
  }

  private static final class Segment {
    private final Path path;
    private final FileChannel channel;
    private long size;
    private int unread;
    private boolean full;

    private Segment(Path path, FileChannel channel) {
      this.path = path;
      this.channel = channel;
    }
  }

  /** Removes everything below a folder, left by whatever process. */
  public static void wipe(Path folder) {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> paths = Files.walk(folder)) {
      List<Path> deepestFirst = paths.sorted(Comparator.reverseOrder()).toList();
      for (Path path : deepestFirst) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw failed("remove old spill files in " + folder, e);
    }
  }

  /** Writes a batch; empty when the budget or the disk does not allow it, a full disk included. */
  public synchronized Optional<Spilled> write(ChangeBatch batch) {
    ByteBuffer bytes = BatchCodec.write(batch);
    int length = bytes.remaining();
    try {
      Files.createDirectories(folder);
      if (!budget.take(length)) {
        return Optional.empty();
      }
    } catch (IOException e) {
      LOG.warn("Cannot spill to {}: {}.", folder, e.toString());
      return Optional.empty();
    }
    taken += length;
    try {
      if (current == null || current.size >= SEGMENT_BYTES) {
        begin();
      }
      long offset = current.size;
      while (bytes.hasRemaining()) {
        current.channel.write(bytes, offset + length - bytes.remaining());
      }
      current.size += length;
      current.unread++;
      return Optional.of(new Spilled(batch.schema(), current, offset, length));
    } catch (IOException e) {
      LOG.warn("Cannot spill to {}: {}.", folder, e.toString());
      giveBack(length); // what was written of it is written over by the next batch
      return Optional.empty();
    }
  }

  /** Gives back to the budget, never more than was taken: a read may come after the close. */
  private void giveBack(long bytes) {
    long back = Math.min(bytes, taken);
    taken -= back;
    budget.giveBack(back);
  }

  private void begin() throws IOException {
    if (current != null) {
      current.full = true;
      removeIfRead(current);
    }
    Path path = folder.resolve("segment-" + nextSegment++);
    boolean posix = Files.getFileStore(folder).supportsFileAttributeView("posix");
    FileAttribute<?>[] rights =
        posix
            ? new FileAttribute<?>[] {
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
            }
            : new FileAttribute<?>[0];
    current =
        new Segment(
            path,
            FileChannel.open(
                path,
                Set.of(
                    StandardOpenOption.CREATE_NEW,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE),
                rights));
  }

  /** Reads a batch back and frees its place. */
  public ChangeBatch read(Spilled spilled) {
    ByteBuffer bytes = ByteBuffer.allocate(spilled.length);
    try {
      while (bytes.hasRemaining()) {
        int read = spilled.segment.channel.read(bytes, spilled.offset + bytes.position());
        if (read < 0) {
          throw new EOFException("the file is shorter than what was written");
        }
      }
      synchronized (this) {
        spilled.segment.unread--;
        giveBack(spilled.length);
        removeIfRead(spilled.segment);
      }
    } catch (IOException e) {
      throw failed("read a spilled batch of " + folder, e);
    }
    return BatchCodec.read(bytes.flip(), spilled.schema);
  }

  private static void removeIfRead(Segment segment) throws IOException {
    if (segment.full && segment.unread == 0) {
      segment.channel.close();
      Files.deleteIfExists(segment.path);
    }
  }

  private static UncheckedIOException failed(String what, IOException e) {
    return new UncheckedIOException("Cannot " + what + ": " + e.getMessage() + ".", e);
  }

  /** Forgets what was not read. */
  @Override
  public synchronized void close() {
    try {
      if (current != null) {
        current.channel.close();
      }
    } catch (IOException e) {
      throw failed("close spill files in " + folder, e);
    }
    wipe(folder);
    giveBack(taken);
  }
}
