package io.tidemark.app.kill;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Random;

/**
 * Tables that go wrong in ways a bank's do not, with a load on them: large values that cannot be
 * compressed, out of line, which updates leave alone; keys that change and swap; no key at all;
 * partitions, one of them outside at first; TRUNCATE; a table that takes a while to copy.
 */
final class OddTables {
  /** Months that have a partition, or a table that becomes one. */
  static final int MONTHS = 4;

  private static final int KEYS = 60;
  private static final int ARCHIVE = 100_000;

  private OddTables() {}

  static void create(Connection db) throws SQLException {
    try (Statement statement = db.createStatement()) {
      statement.execute(
          "CREATE TABLE documents (id int PRIMARY KEY, title text, body text, views int DEFAULT 0)");
      statement.execute("ALTER TABLE documents ALTER body SET STORAGE EXTERNAL");
      statement.execute(
          "CREATE TABLE sightings (bird text, weight numeric(8,3), seen timestamptz, note text)");
      statement.execute("ALTER TABLE sightings REPLICA IDENTITY FULL");
      statement.execute(
          "CREATE TABLE measurements (day date, sensor int, value float8, PRIMARY KEY (day, sensor))"
              + " PARTITION BY RANGE (day)");
      for (int month = 1; month <= 3; month++) {
        statement.execute(
            "CREATE TABLE measurements_%d PARTITION OF measurements %s"
                .formatted(month, bounds(month)));
      }
      statement.execute(
          "CREATE TABLE measurements_4 (day date, sensor int, value float8, PRIMARY KEY (day, sensor))");
      statement.execute("CREATE TABLE scratch (id bigserial PRIMARY KEY, word text)");
      statement.execute("CREATE TABLE archive (id int PRIMARY KEY, line text, seen int DEFAULT 0)");
      statement.execute(
          "INSERT INTO archive (id, line) SELECT g, repeat(md5(g::text), 5) FROM generate_series(1, "
              + ARCHIVE
              + ") g");
    }
  }

  /** Which rows the partition of a month takes. */
  static String bounds(int month) {
    return "FOR VALUES FROM ('2026-0%d-01') TO ('2026-0%d-01')".formatted(month, month + 1);
  }

  /** One transaction on one or two of the tables; committed by the caller. */
  static void change(Connection db, Random random) throws SQLException {
    switch (random.nextInt(12)) {
      case 0, 1 -> writeDocument(db, random);
      case 2 ->
          run(db, "UPDATE documents SET views = views + 1 WHERE id % 7 = " + random.nextInt(7));
      case 3 -> moveDocument(db, random);
      case 4 -> run(db, "DELETE FROM documents WHERE id = " + random.nextInt(KEYS));
      case 5 -> seeBird(db, random);
      case 6 -> measure(db, random);
      case 7 -> scribble(db, random);
      case 8 -> half(db, random);
      case 9, 10 -> rearrange(db, random);
      default -> empty(db, random);
    }
  }

  private static void writeDocument(Connection db, Random random) throws SQLException {
    try (PreparedStatement insert =
        db.prepareStatement(
            "INSERT INTO documents (id, title, body) VALUES (?, ?, ?)"
                + " ON CONFLICT (id) DO UPDATE SET title = excluded.title")) {
      insert.setInt(1, random.nextInt(KEYS));
      insert.setString(2, "title " + random.nextInt());
      insert.setString(3, incompressible(random, 3000 + random.nextInt(9000)));
      insert.executeUpdate();
    }
  }

  /**
   * Two documents change places, or one moves to a free key: key updates that leave the body alone.
   */
  private static void moveDocument(Connection db, Random random) throws SQLException {
    int from = random.nextInt(KEYS);
    int to = random.nextInt(KEYS);
    run(db, "UPDATE documents SET id = -1 WHERE id = " + to);
    run(db, "UPDATE documents SET id = " + to + " WHERE id = " + from);
    run(db, "UPDATE documents SET id = " + from + " WHERE id = -1");
  }

  private static void seeBird(Connection db, Random random) throws SQLException {
    String bird = "'bird " + random.nextInt(5) + "'";
    run(
        db,
        "INSERT INTO sightings SELECT "
            + bird
            + ", "
            + random.nextInt(9)
            + ", '2026-01-01', NULL FROM generate_series(1, "
            + (1 + random.nextInt(3))
            + ")");
    run(
        db,
        "DELETE FROM sightings WHERE ctid = (SELECT min(ctid) FROM sightings WHERE bird <> "
            + bird
            + ")");
    run(
        db,
        "UPDATE sightings SET note = 'again' WHERE ctid = (SELECT max(ctid) FROM sightings WHERE weight > "
            + random.nextInt(9)
            + ")");
  }

  private static void measure(Connection db, Random random) throws SQLException {
    run(
        db,
        "INSERT INTO measurements SELECT date '2026-01-01' + %d, s, %s FROM generate_series(1, 5) s"
                .formatted(random.nextInt(120), random.nextGaussian())
            + " ON CONFLICT (day, sensor) DO UPDATE SET value = excluded.value");
    run(
        db,
        "UPDATE measurements SET day = day + 31 WHERE sensor = %d AND day < '2026-02-01'"
                .formatted(random.nextInt(5))
            + " AND NOT EXISTS (SELECT FROM measurements m WHERE m.sensor = measurements.sensor"
            + " AND m.day = measurements.day + 31)");
  }

  private static void rearrange(Connection db, Random random) throws SQLException {
    int page = random.nextInt(5000);
    run(db, "UPDATE archive SET seen = seen + 1 WHERE id % 5000 = " + page);
    run(db, "DELETE FROM archive WHERE id = " + (1 + random.nextInt(ARCHIVE)));
    run(
        db,
        "INSERT INTO archive (id, line) VALUES (%d, 'new') ON CONFLICT (id) DO UPDATE SET line = 'old'"
            .formatted(1 + random.nextInt(ARCHIVE)));
  }

  private static void scribble(Connection db, Random random) throws SQLException {
    run(
        db,
        "INSERT INTO scratch (word) SELECT 'word ' || g FROM generate_series(1, "
            + (1 + random.nextInt(400))
            + ") g");
    if (random.nextInt(4) == 0) {
      run(db, "DELETE FROM scratch WHERE id % 3 = 0");
    }
  }

  /** A transaction of which half is taken back. */
  private static void half(Connection db, Random random) throws SQLException {
    scribble(db, random);
    run(db, "SAVEPOINT half");
    writeDocument(db, random);
    run(db, "INSERT INTO scratch (word) SELECT 'never' FROM generate_series(1, 2000)");
    run(db, "ROLLBACK TO SAVEPOINT half");
    seeBird(db, random);
  }

  private static void empty(Connection db, Random random) throws SQLException {
    switch (random.nextInt(8)) {
      case 0 -> run(db, "TRUNCATE scratch");
      case 1 -> run(db, "TRUNCATE measurements_" + (1 + random.nextInt(MONTHS)));
      case 2 -> run(db, "TRUNCATE sightings, scratch");
      default -> scribble(db, random);
    }
  }

  private static String incompressible(Random random, int length) {
    StringBuilder text = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      text.append((char) (33 + random.nextInt(90)));
    }
    return text.toString();
  }

  private static void run(Connection db, String sql) throws SQLException {
    try (Statement statement = db.createStatement()) {
      statement.execute(sql);
    }
  }
}
