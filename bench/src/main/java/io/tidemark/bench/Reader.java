package io.tidemark.bench;

/**
 * One way to read the changes of a slot, or the rows of a table, to the end. Runs in a JVM of its
 * own.
 */
interface Reader {
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
   * @param folder an empty folder for what the reader writes
   */
  record Job(
      String url,
      String user,
      String password,
      String table,
      String slot,
      String publication,
      long changes,
      String folder) {}
}
