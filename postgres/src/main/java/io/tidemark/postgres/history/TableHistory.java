package io.tidemark.postgres.history;

import io.tidemark.api.model.TableSchema;
import java.util.ArrayList;
import java.util.List;

/**
 * The versions of a table's form that the stream may still need: the one that holds at the last
 * boundary and all newer ones. The stream may be read again from the last boundary after a lost
 * connection, so a version is found by place, not by being the newest. Not for several threads.
 */
public final class TableHistory {
  private record Version(long since, TableSchema schema) {}

  private final List<Version> versions = new ArrayList<>();

  /** A history that begins with a form which holds from the start of the log. */
  public TableHistory(TableSchema first) {
    versions.add(new Version(0, first));
  }

  /** The newest version. */
  public TableSchema newest() {
    return versions.get(versions.size() - 1).schema();
  }

  /**
   * Adds a version.
   *
   * @param since commit LSN of the first transaction that may need it, unsigned
   */
  public void add(TableSchema schema, long since) {
    versions.add(new Version(since, schema));
  }

  /**
   * The versions that rows of a transaction may have: the one that held before it, and those it
   * made itself. Newest first.
   */
  public List<TableSchema> at(long commitLsn) {
    List<TableSchema> found = new ArrayList<>();
    for (int i = versions.size() - 1; i >= 0; i--) {
      int order = Long.compareUnsigned(versions.get(i).since(), commitLsn);
      if (order <= 0) {
        found.add(versions.get(i).schema());
      }
      if (order < 0) {
        break;
      }
    }
    return found.isEmpty() ? List.of(versions.get(0).schema()) : found;
  }

  /**
   * Whether rows of a transaction can be of a form: whether one that holds there has its columns.
   */
  public boolean fits(TableSchema form, long commitLsn) {
    return at(commitLsn).stream().anyMatch(held -> Forms.sameNumbers(held, form));
  }

  /** Versions above a number, oldest first. */
  public List<TableSchema> above(int version) {
    return versions.stream()
        .map(Version::schema)
        .filter(schema -> schema.version() > version)
        .toList();
  }

  /** Forgets what only transactions below a boundary needed. */
  public void forgetBelow(long boundary) {
    while (versions.size() > 1 && Long.compareUnsigned(versions.get(1).since(), boundary) < 0) {
      versions.remove(0);
    }
  }
}
