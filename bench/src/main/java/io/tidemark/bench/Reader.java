package io.tidemark.bench;

import io.tidemark.api.model.Lsn;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;

/**
 * One way to read the changes of a slot, or the rows of a table, to the end. Runs in a JVM of its
 * own.
 */
interface Reader {
  /**
   * Makes the slot from which a stream will be read, and whatever the reader needs to go on from
   * there; not measured.
   */
  default void join(Job job) throws Exception {
    createSlot(job);
  }

  /** Makes the slot of a job alone. */
  static void createSlot(Job job) throws SQLException {
    try (Connection db = DriverManager.getConnection(job.url())) {
      Workload.run(
          db, "SELECT pg_create_logical_replication_slot('" + job.slot() + "', 'pgoutput')");
    }
  }

  /**
   * Reads what a job names, to the last change.
   *
   * @return what was measured from the first change to the last one that was done with
   */
  Measure read(Job job) throws Exception;

  /**
   * What is to be read.
   *
   * @param url JDBC URL of the database, with user and password
   * @param user a superuser
   * @param password the user's
   * @param table in schema public
   * @param slot to drain; of a snapshot, a name that is free
   * @param publication holds the table alone
   * @param changes how many row changes, or rows of a snapshot, there are
   * @param before a place in the log behind which only the last transaction of a stream lies
   * @param folder a folder of the job's own for what the reader writes
   * @param target JDBC URL of a database of the job's own on another server, with user and
   *     password; empty for who needs none
   */
  record Job(
      String url,
      String user,
      String password,
      String table,
      String slot,
      String publication,
      long changes,
      String before,
      String folder,
      String target) {
    /** The same for a stream whose changes are there. */
    Job loaded(long count, Lsn place) {
      return new Job(
          url, user, password, table, slot, publication, count, place.toString(), folder, target);
    }
  }
}
