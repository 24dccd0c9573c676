package io.tidemark.postgres.stream;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;

/**
 * What a server might send of sessions that work at the same time: transactions streamed in blocks,
 * with savepoints inside savepoints, forms that change on the way, rows of many kinds, logical
 * messages, and plain transactions between the blocks.
 */
final class RandomStream {
  private static final String[] TABLES = {"t", "u", "p_1", "p_2", "x"};

  private final Random random;
  private final List<byte[]> messages = new ArrayList<>();
  private final List<Session> sessions = new ArrayList<>();
  private int nextXid;
  private long lsn = 100;

  RandomStream(Random random, int firstXid) {
    this.random = random;
    this.nextXid = firstXid;
    for (int i = 0; i < 3; i++) {
      sessions.add(new Session());
    }
  }

  /** The messages that came of one more step. */
  List<byte[]> step() {
    messages.clear();
    if (random.nextInt(6) == 0) {
      plain();
    } else {
      sessions.get(random.nextInt(sessions.size())).step();
    }
    return List.copyOf(messages);
  }

  /** The messages that end all transactions. */
  List<byte[]> end() {
    messages.clear();
    sessions.forEach(Session::commit);
    return List.copyOf(messages);
  }

  private long nextLsn() {
    lsn += 16;
    return lsn;
  }

  private void plain() {
    if (random.nextInt(3) == 0) {
      messages.add(Wire.message(0, nextLsn(), "tide.beat", "beat " + lsn));
      return;
    }
    long commit = nextLsn();
    messages.add(Wire.begin(commit, nextXid++));
    int table = random.nextInt(TABLES.length);
    int width = 2 + random.nextInt(2);
    messages.add(relation(table, width));
    for (int count = random.nextInt(4); count > 0; count--) {
      messages.add(change(table, width));
    }
    messages.add(Wire.commit(commit));
  }

  private static byte[] relation(int table, int width) {
    String[] columns = new String[width];
    Arrays.setAll(columns, i -> i == 0 ? "id*" : "c" + i);
    return Wire.relation(1000 + table, TABLES[table], 'd', columns);
  }

  private byte[] change(int table, int width) {
    int oid = 1000 + table;
    return switch (random.nextInt(8)) {
      case 0 -> Wire.update(oid, values(width, true));
      case 1 -> Wire.update(oid, 'O', values(width, false), values(width, true));
      case 2 -> Wire.update(oid, 'K', values(width, false), values(width, true));
      case 3 -> Wire.delete(oid, 'K', values(width, false));
      case 4 ->
          random.nextInt(4) == 0 ? Wire.truncate(oid) : Wire.insert(oid, values(width, false));
      default -> Wire.insert(oid, values(width, false));
    };
  }

  private String[] values(int width, boolean mayBeUnchanged) {
    String[] values = new String[width];
    Arrays.setAll(values, i -> value(mayBeUnchanged));
    return values;
  }

  private String value(boolean mayBeUnchanged) {
    return switch (random.nextInt(mayBeUnchanged ? 8 : 7)) {
      case 0 -> null;
      case 1 -> random.nextInt(150) == 0 ? "!bad" : "";
      case 2 -> "long ".repeat(random.nextInt(random.nextInt(100) == 0 ? 60_000 : 40));
      case 7 -> Wire.UNCHANGED;
      default -> Integer.toString(random.nextInt(100_000));
    };
  }

  /** A session that nests subtransactions as a backend does. */
  private final class Session {
    private final Deque<Level> levels = new ArrayDeque<>();
    private final Map<Integer, Integer> widths = new HashMap<>();
    private int xid;
    private int newest;
    private boolean begun;

    /** A savepoint that is open, or the transaction itself; its id is given with the first row. */
    private static final class Level {
      int xid;
      boolean numbered;
      final TreeSet<Integer> released = new TreeSet<>();
    }

    void step() {
      if (levels.isEmpty()) {
        levels.addLast(new Level());
      }
      int choice = random.nextInt(100);
      if (choice < 60) {
        block();
      } else if (choice < 75) {
        levels.addLast(new Level());
      } else if (choice < 82) {
        release();
      } else if (choice < 93) {
        rollBack(random.nextInt(levels.size()));
      } else if (choice < 98) {
        commit();
      } else if (begun) {
        messages.add(Wire.streamAbort(xid, xid));
        forget();
      }
    }

    private void block() {
      number();
      messages.add(Wire.streamStart(xid, begun ? 0 : 1));
      begun = true;
      int own = levels.getLast().xid;
      for (int count = 1 + random.nextInt(random.nextInt(5) == 0 ? 600 : 12); count > 0; count--) {
        int table = random.nextInt(TABLES.length);
        if (!widths.containsKey(table) || random.nextInt(40) == 0) {
          widths.put(table, 2 + random.nextInt(3));
          messages.add(Wire.in(own, relation(table, widths.get(table))));
        }
        if (random.nextInt(60) == 0) {
          String prefix = "tide.ddl#" + Integer.toUnsignedString(newest);
          messages.add(Wire.in(xid, Wire.message(1, nextLsn(), prefix, "ddl " + lsn)));
        } else {
          messages.add(Wire.in(own, change(table, widths.get(table))));
        }
      }
      messages.add(Wire.streamStop());
    }

    private void number() {
      for (Level level : levels) {
        if (!level.numbered) {
          level.xid = nextXid++;
          level.numbered = true;
          newest = level.xid;
        }
      }
      xid = levels.getFirst().xid;
    }

    private void release() {
      if (levels.size() > 1) {
        Level level = levels.removeLast();
        levels.getLast().released.addAll(level.released);
        if (level.numbered) {
          levels.getLast().released.add(level.xid);
        }
      }
    }

    /** The server tells of released savepoints inside those rolled back first. */
    private void rollBack(int count) {
      for (int i = 0; i < count; i++) {
        Level level = levels.removeLast();
        level.released.forEach(sub -> messages.add(Wire.streamAbort(xid, sub)));
        if (level.numbered) {
          messages.add(Wire.streamAbort(xid, level.xid));
        }
      }
    }

    void commit() {
      if (begun) {
        messages.add(Wire.streamCommit(xid, nextLsn()));
      }
      forget();
    }

    private void forget() {
      begun = false;
      levels.clear();
      widths.clear();
    }
  }
}
