package io.tidemark.postgres.stream;

import io.tidemark.api.model.BatchCodec;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.ChangeBatch.Before;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableSchema;
import io.tidemark.postgres.stream.TableRows.UnreadableValueException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Rows of a transaction in progress, in columns, one batch for each relation; what only the commit
 * tells is missing. A row's ordinal is its place among the changes that are left of the
 * transaction: a rollback cuts the end off, so what stays keeps its place.
 */
final class DecodedRows implements Stretch {
  /** Arrays grow by half, so a fourth of what they hold is room on average. */
  private static final int ROOM_SHARE = 4;

  private final long firstOrdinal;
  private final List<Part> parts = new ArrayList<>();

  /** Stretches of rows of one subtransaction: where each begins, and its id. */
  private int[] starts = new int[4];

  private int[] subxids = new int[4];

  /** The newest of the ids up to each of them. */
  private int[] newest = new int[4];

  private int runs;
  private int records;
  private long memory;

  /**
   * Rows of one relation.
   *
   * @param binding what they were decoded with
   */
  record Part(Relation relation, RowBinding binding, ChangeBatch batch) {}

  DecodedRows(long firstOrdinal) {
    this.firstOrdinal = firstOrdinal;
  }

  /** Place of the first row among the changes of its transaction. */
  long firstOrdinal() {
    return firstOrdinal;
  }

  /** The rows, by relation; a part may be empty. */
  List<Part> parts() {
    return parts;
  }

  /**
   * Appends a row.
   *
   * @param row the new row; of a DELETE the old key or row
   * @return bytes that it takes, roughly
   * @throws UnreadableValueException when a value cannot be read; then nothing was appended
   */
  int add(Reception to, int subxid, Op op, Before before, Tuple old, Tuple row)
      throws UnreadableValueException {
    RowBinding binding = to.binding();
    TableRows table = binding.table;
    if (to.fills(this)) {
      parts.add(new Part(to.relation, binding, table.batch()));
    }
    int bytes = row.bytes() + binding.overhead();
    try {
      if (op == Op.UPDATE && before != Before.NONE) {
        table.addUpdate(binding, null, firstOrdinal + records, before, old, row);
        bytes += old.bytes() + binding.overhead();
      } else {
        table.add(binding, op, null, firstOrdinal + records, row);
      }
    } catch (UnreadableValueException e) {
      table.dropLast();
      throw e;
    }
    if (runs == 0 || subxids[runs - 1] != subxid) {
      push(subxid);
    }
    records++;
    memory += bytes;
    return bytes;
  }

  private void push(int subxid) {
    if (runs == starts.length) {
      starts = Arrays.copyOf(starts, runs * 2);
      subxids = Arrays.copyOf(subxids, runs * 2);
      newest = Arrays.copyOf(newest, runs * 2);
    }
    starts[runs] = records;
    subxids[runs] = subxid;
    newest[runs] = runs > 0 && Xids.precedes(subxid, newest[runs - 1]) ? newest[runs - 1] : subxid;
    runs++;
  }

  /** Nothing more is appended: counts the memory anew. */
  void end() {
    memory = 12L * starts.length;
    for (Part part : parts) {
      long bytes = part.batch().bytes();
      memory += bytes + bytes / ROOM_SHARE;
    }
  }

  @Override
  public long memory() {
    return memory;
  }

  @Override
  public int records() {
    return records;
  }

  @Override
  public long changes() {
    return records;
  }

  @Override
  public int newest() {
    return newest[runs - 1];
  }

  @Override
  public void cut(int subxid) {
    int run = runs;
    while (run > 0 && !Xids.precedes(newest[run - 1], subxid)) {
      run--;
    }
    if (run < runs) {
      int left = starts[run];
      memory -= memory * (records - left) / Math.max(1, records);
      records = left;
      runs = run;
      parts.forEach(part -> part.batch().truncate(below(part.batch(), firstOrdinal + left)));
    }
  }

  private static int below(ChangeBatch batch, long ordinal) {
    int found = Arrays.binarySearch(batch.ordinals(), 0, batch.size(), ordinal);
    return found < 0 ? -found - 1 : found;
  }

  @Override
  public Stored store(SpillFile file) {
    List<StoredPart> stored = new ArrayList<>();
    for (Part part : parts) {
      if (part.batch().size() > 0) {
        part.batch().date(0, 0, 0);
        ByteBuffer bytes = BatchCodec.write(part.batch());
        stored.add(new StoredPart(part.relation(), part.binding(), file.size(), bytes.remaining()));
        file.append(bytes.array(), 0, bytes.remaining());
      }
    }
    ByteBuffer index = ByteBuffer.allocate(runs * 8);
    index.asIntBuffer().put(starts, 0, runs).put(subxids, 0, runs);
    StoredIndex where = new StoredIndex(firstOrdinal, records, runs, file.size());
    file.append(index.array(), 0, index.capacity());
    return () -> load(file, stored, where);
  }

  private record StoredPart(Relation relation, RowBinding binding, long position, int length) {}

  private record StoredIndex(long firstOrdinal, int records, int runs, long position) {}

  private static DecodedRows load(SpillFile file, List<StoredPart> stored, StoredIndex where) {
    DecodedRows rows = new DecodedRows(where.firstOrdinal());
    for (StoredPart part : stored) {
      TableSchema schema = part.binding().schema;
      ByteBuffer bytes = ByteBuffer.wrap(file.read(part.position(), part.length()));
      rows.parts.add(new Part(part.relation(), part.binding(), BatchCodec.read(bytes, schema)));
    }
    java.nio.IntBuffer index =
        ByteBuffer.wrap(file.read(where.position(), where.runs() * 8)).asIntBuffer();
    int[] starts = new int[where.runs()];
    int[] subxids = new int[where.runs()];
    index.get(starts).get(subxids);
    for (int run = 0; run < starts.length; run++) {
      rows.records = starts[run];
      rows.push(subxids[run]);
    }
    rows.records = where.records();
    rows.end();
    return rows;
  }
}
