package io.tidemark.testkit;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import io.tidemark.api.model.TableState.Phase;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * One table lives through random changes, forms and copies; flushes fall anywhere, processes die.
 * What the destination holds must be what the plain model of this kit holds. Rows are known here
 * only as far as is needed to write down sensible changes.
 */
public final class RandomLife {
  private record Row(Object[] values, String leaf) {}

  private final SinkFixture destination;
  private final Random random;
  private final String where;
  private final boolean keyed;
  private final boolean full;
  private final List<Row> rows = new ArrayList<>();
  private final List<ChangeBatch> given = new ArrayList<>();
  private SinkSession session;
  private TableSchema form;
  private Batches pending;
  private boolean empty = true;
  private long lsn = 1_000;
  private long seq;

  /** Rows of the snapshot that are still to come; null while no copy is running. */
  private List<Row> toRead;

  /** Whether the whole table is copied, or one of its leaves while it catches up, or nothing. */
  private Phase phase = Phase.MEMBER;

  private long snapshotLsn;
  private long readSeq;

  /**
   * Begins a life in an empty destination.
   *
   * @param seed of all that is random
   */
  public RandomLife(SinkFixture destination, long seed) throws Exception {
    this.destination = destination;
    random = new Random(seed * 0x9E3779B97F4A7C15L);
    where = "history with -Dtidemark.seed=" + seed;
    keyed = random.nextInt(4) != 0;
    full = !keyed || random.nextInt(3) == 0;
    Form first = Form.of("public.lived");
    first = keyed ? first.key("id", Form.BIGINT) : first.column("id", Form.BIGINT);
    first.column("kind", Form.TEXT).column("big", Form.TEXT).column("price", Form.MONEY);
    first.identity(full ? ReplicaIdentity.FULL : ReplicaIdentity.DEFAULT);
    form = (random.nextInt(3) == 0 ? first.partitioned() : first).schema();
    session = SinkSession.open(destination);
    begin();
  }

  /** Lives so many steps; compares now and then, and at the end. */
  public void live(int steps) throws Exception {
    for (int i = 0; i < steps; i++) {
      step();
      if (random.nextInt(3) == 0) {
        if (session.sink().capabilities().eachTransaction()) {
          stage();
          session.transaction(++lsn);
        }
        lsn += 1 + random.nextInt(3);
        seq = 0;
      }
      if (random.nextInt(12) == 0) {
        flush();
      }
      if (random.nextInt(60) == 0) {
        killAfterStaging();
      }
    }
    while (toRead != null) {
      readSome();
    }
    flush();
    Seen.in(destination).as(where).holds(form, given);
  }

  private void step() throws Exception {
    int dice = random.nextInt(1000);
    if (dice < 330) {
      insert();
    } else if (dice < 720) {
      update();
    } else if (dice < 900) {
      delete();
    } else if (dice < 912 && toRead == null) {
      add(pending.at(lsn, seq++).truncate());
      rows.clear();
    } else if (dice < 930 && form.partitioned() && toRead == null) {
      String leaf = leaf();
      add(pending.at(lsn, seq++).truncate().leaf(leaf));
      rows.removeIf(row -> leaf.equals(row.leaf()));
    } else if (dice < 940 && toRead == null) {
      beginCopy();
    } else if (dice < 955 && form.partitioned() && toRead == null) {
      attachLeaf();
    } else if (dice < 975 && toRead != null) {
      readSome();
    } else if (dice < 990) {
      changeForm();
    }
  }

  /** A snapshot of the rows as they are now; what happens from here on comes in the stream. */
  private void beginCopy() throws Exception {
    flush();
    lsn += 10;
    seq = 0;
    snapshotLsn = lsn - 5;
    readSeq = 0;
    phase = Phase.COPYING;
    session.phase(form.name(), phase);
    toRead = new ArrayList<>(rows);
    add(pending.at(snapshotLsn, readSeq++).attempt());
  }

  /** A leaf goes, another of its name comes with rows, and is read by itself. */
  private void attachLeaf() throws Exception {
    flush();
    lsn += 10;
    seq = 0;
    snapshotLsn = lsn - 5;
    readSeq = 0;
    phase = Phase.CATCHING_UP;
    session.phase(form.name(), phase);
    String leaf = leaf();
    rows.removeIf(row -> leaf.equals(row.leaf()));
    toRead = new ArrayList<>();
    for (int i = random.nextInt(6); i > 0; i--) {
      Row row = new Row(values(), leaf);
      if (!keyed || find(row.values()[0]) < 0) {
        toRead.add(row);
        rows.add(row);
      }
    }
    add(pending.at(snapshotLsn, readSeq++).attempt().leaf(leaf));
  }

  private void readSome() throws Exception {
    flush();
    for (int i = 0; i < 3 && !toRead.isEmpty(); i++) {
      Row row = toRead.remove(0);
      add(pending.at(snapshotLsn, readSeq++).read(row.values()));
      inLeaf(row);
    }
    if (toRead.isEmpty()) {
      toRead = null;
      phase = Phase.MEMBER;
      session.phase(form.name(), phase);
    }
    flush();
  }

  private void insert() {
    Row row = new Row(values(), form.partitioned() ? leaf() : null);
    if (!keyed || find(row.values()[0]) < 0) {
      rows.add(row);
      add(pending.at(lsn, seq++).insert(row.values()));
      inLeaf(row);
    }
  }

  private void update() {
    if (rows.isEmpty()) {
      return;
    }
    int at = random.nextInt(rows.size());
    Row old = rows.get(at);
    Object[] after = values();
    boolean move = keyed && random.nextInt(3) == 0 && find(after[0]) < 0;
    if (keyed && !move) {
      after[0] = old.values()[0];
    }
    Object[] logged = after.clone();
    if (random.nextBoolean()) {
      after[2] = old.values()[2];
      logged[2] = Batches.UNCHANGED;
    }
    Row row = new Row(after, old.leaf());
    rows.set(at, row);
    pending.at(lsn, seq++).update(logged);
    inLeaf(row);
    if (full) {
      pending.oldRow(old.values());
    } else if (move) {
      pending.oldKey(old.values()[0]);
    }
    empty = false;
  }

  private void delete() {
    if (!rows.isEmpty()) {
      Row row = rows.remove(random.nextInt(rows.size()));
      add(pending.at(lsn, seq++).delete(full ? row.values() : new Object[] {row.values()[0]}));
      inLeaf(row);
    }
  }

  private void changeForm() throws Exception {
    if (toRead != null) {
      return; // snapshots are read with the newest form, which these rows do not have
    }
    stage();
    int columns = form.columns().size();
    switch (random.nextInt(3)) {
      case 0 -> {
        String backfill = random.nextBoolean() ? "b" + columns : null;
        Form next = Form.next(form);
        form =
            (backfill == null
                    ? next.column("extra" + columns, Form.TEXT)
                    : next.column("extra" + columns, Form.TEXT, backfill))
                .schema();
        for (int i = 0; i < rows.size(); i++) {
          Object[] longer = java.util.Arrays.copyOf(rows.get(i).values(), columns + 1);
          longer[columns] = backfill;
          rows.set(i, new Row(longer, rows.get(i).leaf()));
        }
      }
      case 1 -> {
        int i = random.nextInt(columns);
        form =
            Form.next(form)
                .rename(form.columns().get(i).name(), "n" + random.nextInt(1_000_000))
                .schema();
      }
      default -> {
        String a = form.columns().get(1).name();
        String b = form.columns().get(2).name();
        form = Form.next(form).rename(a, "passing").rename(b, a).rename("passing", b).schema();
      }
    }
    begin();
  }

  private void killAfterStaging() throws Exception {
    flush();
    session.stage(Batches.of(form).at(lsn + 1).insert(values()).batch()).seal(lsn + 2);
    destination.kill(session.sink());
    session = SinkSession.open(destination);
    session.phase(form.name(), phase);
  }

  private void flush() throws Exception {
    stage();
    session.flush(++lsn);
    seq = 0;
    lsn++;
    if (toRead == null && random.nextInt(4) == 0) {
      Seen.in(destination).as(where + ", at " + lsn).holds(form, given);
    }
  }

  private void stage() throws Exception {
    if (!empty) {
      given.add(pending.batch());
      session.stage(pending.batch());
    } else if (!given.isEmpty()) {
      session.sink().prepare(form);
    }
    begin();
  }

  private void begin() {
    pending = Batches.of(form);
    empty = true;
  }

  private void add(Batches more) {
    empty = more.batch().size() == 0;
  }

  private void inLeaf(Row row) {
    if (row.leaf() != null) {
      pending.leaf(row.leaf());
    }
  }

  private int find(Object key) {
    return rows.stream().map(row -> row.values()[0]).toList().indexOf(key);
  }

  private Object[] values() {
    Object[] values = new Object[form.columns().size()];
    values[0] = (long) random.nextInt(keyed ? 10 : 2);
    for (int i = 1; i < values.length; i++) {
      values[i] = random.nextInt(5) == 0 ? null : "v" + random.nextInt(keyed ? 1000 : 2);
    }
    values[3] =
        random.nextInt(4) == 0 ? new Batches.Raw("NaN") : new BigDecimal(random.nextInt(3) + ".50");
    return values;
  }

  private String leaf() {
    return "public.lived_" + random.nextInt(3);
  }
}
