package io.tidemark.kafka.sink;

import io.tidemark.api.model.TableName;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Events of one table, in memory up to a limit that all spools share, then in a file of this
 * machine. Whatever the length of a source transaction, the heap stays flat.
 */
final class Spool implements AutoCloseable {
  private static final int BUFFER = 1 << 18;

  /** What the spools of one sink share. */
  static final class Room {
    private final Path folder;
    private final long limit;
    private long used;

    /**
     * @param limit bytes in memory, of all spools together
     */
    Room(Path folder, long limit) {
      this.folder = folder;
      this.limit = limit;
    }
  }

  /** Takes events. */
  @FunctionalInterface
  interface Reader {
    void take(Event event) throws IOException;
  }

  private final TableName table;
  private final Room room;
  private final List<Event> inMemory = new ArrayList<>();
  private Path file;
  private DataOutputStream out;
  private long memory;
  private long bytes;
  private long inFile;
  private Event last;
  private boolean sorted = true;
  private Event attempt;

  Spool(TableName table, Room room) {
    this.table = table;
    this.room = room;
  }

  TableName table() {
    return table;
  }

  /** Bytes of all events. */
  long bytes() {
    return bytes;
  }

  /** The beginning of the last copy attempt among them: all before it is void. */
  Optional<Event> attempt() {
    return Optional.ofNullable(attempt);
  }

  void add(Event event) throws IOException {
    if (event.part() == Event.Part.ATTEMPT) {
      attempt = event;
    }
    sorted &= last == null || last.compareTo(event) <= 0;
    last = event;
    long more = event.bytes();
    bytes += more;
    memory += more;
    room.used += more;
    inMemory.add(event);
    if (room.used > room.limit) {
      spill();
    }
  }

  private void spill() throws IOException {
    if (out == null) {
      Files.createDirectories(room.folder);
      file = Files.createTempFile(room.folder, "events-", ".spool");
      out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file), BUFFER));
    }
    for (Event event : inMemory) {
      EventCodec.write(event, out);
    }
    inFile += inMemory.size();
    forget();
  }

  private void forget() {
    inMemory.clear();
    room.used -= memory;
    memory = 0;
  }

  /**
   * Gives all events in the order of their positions. They come as they were added, which is that
   * order but for tables that are copied: these are sorted in memory.
   */
  void read(Reader to) throws IOException {
    if (sorted) {
      asAdded(to);
      return;
    }
    List<Event> events = new ArrayList<>();
    asAdded(events::add);
    events.sort(Comparator.comparing(event -> event, Event::compareTo));
    for (Event event : events) {
      to.take(event);
    }
  }

  private void asAdded(Reader to) throws IOException {
    if (out != null) {
      out.flush();
      try (DataInputStream in =
          new DataInputStream(new BufferedInputStream(Files.newInputStream(file), BUFFER))) {
        for (long i = 0; i < inFile; i++) {
          to.take(EventCodec.read(table, in));
        }
      }
    }
    for (Event event : inMemory) {
      to.take(event);
    }
  }

  @Override
  public void close() throws IOException {
    forget();
    if (out != null) {
      out.close();
      Files.deleteIfExists(file);
      out = null;
    }
  }
}
