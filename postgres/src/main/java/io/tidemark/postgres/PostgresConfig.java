package io.tidemark.postgres;

import io.tidemark.api.config.ComponentSpec;
import io.tidemark.api.config.Settings;
import io.tidemark.postgres.catalog.TableFilter;
import io.tidemark.postgres.connect.Endpoint;
import io.tidemark.postgres.slot.PublicationKeeper;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the PostgreSQL source is told.
 *
 * @param endpoint the database
 * @param slot replication slot that is read, created where it is missing
 * @param failoverSlot whether a slot that is created is synchronised to standbys (PostgreSQL 17+)
 * @param publication publication with everything of a table; tables without a usable replica
 *     identity go to a second one of the same name with {@code _inserts} behind it
 * @param publicationMode who keeps the publication's tables
 * @param tables which tables are captured
 * @param tablesRefresh how often the catalog is read again
 * @param snapshot how rows are copied that were there before
 * @param limits bounds of memory and disk
 * @param policies what is done where there is a choice
 * @param heartbeatInterval how often an anchor is written at most; zero for never
 */
public record PostgresConfig(
    Endpoint endpoint,
    String slot,
    boolean failoverSlot,
    String publication,
    PublicationMode publicationMode,
    TableFilter tables,
    Duration tablesRefresh,
    Snapshot snapshot,
    Limits limits,
    Policies policies,
    Duration heartbeatInterval) {

  /** The same of a database at another address. */
  public PostgresConfig at(Endpoint other) {
    return new PostgresConfig(
        other,
        slot,
        failoverSlot,
        publication,
        publicationMode,
        tables,
        tablesRefresh,
        snapshot,
        limits,
        policies,
        heartbeatInterval);
  }

  /** Who decides which tables are published. */
  public enum PublicationMode {
    /** An explicit list of tables, kept current from the catalog and the patterns. */
    LIST,
    /** FOR ALL TABLES; every table of the database then needs a replica identity for UPDATE. */
    ALL,
    /** Made and kept by somebody else; read only. */
    EXISTING
  }

  /** What is copied of the rows that are there already. */
  public enum SnapshotMode {
    /** Every table once, then its changes. */
    INITIAL,
    /** Changes alone. */
    NEVER,
    /** Every table once and no changes after it. */
    ONLY
  }

  /** What happens where a rename cannot be told from drop and add. */
  public enum AmbiguousRename {
    /** The table stops with the reason. */
    STOP,
    /** It is taken as drop and add, and the table is copied again. */
    DROP_ADD
  }

  /** What a detached or dropped partition means for the copy's rows. */
  public enum PartitionDrop {
    /** They go. */
    DELETE,
    /** They stay. */
    KEEP
  }

  /** Where a value goes that its typed column cannot hold. */
  public enum Overflow {
    /** The typed column is null, the exact text stands beside it. */
    RAW,
    /** The whole column is kept as text. */
    TEXT,
    /** The row is refused, and what the pipeline's {@code on-reject} says happens with it. */
    REJECT
  }

  /**
   * How tables are copied.
   *
   * @param mode what is copied
   * @param maxHold how long one snapshot may be held open at the source; beyond it large tables are
   *     copied in ranges of their key
   * @param chunkRows rows of one such range, 1 or more; empty for as many as make about 16 MiB
   * @param workers connections that read at the same time, 1 or more
   * @param rowFilters SQL conditions by {@code schema.table}
   */
  public record Snapshot(
      SnapshotMode mode,
      Duration maxHold,
      Optional<Long> chunkRows,
      int workers,
      Map<String, String> rowFilters) {
    public Snapshot {
      rowFilters = Map.copyOf(rowFilters);
    }
  }

  /**
   * Bounds, in bytes.
   *
   * @param maxRow largest row that is taken
   * @param stream memory for transactions in progress before they spill
   * @param streamSpill local disk for them
   * @param spillDir where they spill to
   * @param queue memory for what is read and not yet taken
   * @param walBudget WAL that may be held back before it is reported as a problem
   */
  public record Limits(
      long maxRow, long stream, long streamSpill, Path spillDir, long queue, long walBudget) {}

  /** What is done where there is a choice. */
  public record Policies(
      AmbiguousRename ambiguousRename, PartitionDrop partitionDrop, Overflow overflow) {}

  /** What can be written under {@code source} with {@code type: postgres}. */
  public static final ComponentSpec SPEC = PostgresOptions.SPEC;

  /**
   * The configuration of what a user wrote.
   *
   * @param settings read by {@link #SPEC}
   * @param environment the process's environment variables
   * @param problems takes what does not hold together, in words for the user
   */
  public static PostgresConfig from(
      Settings settings, Map<String, String> environment, List<String> problems) {
    return PostgresOptions.config(settings, environment, problems);
  }

  /** What keeps the two publications. */
  public PublicationKeeper publicationKeeper() {
    return new PublicationKeeper(
        publication,
        insertsPublication(),
        switch (publicationMode) {
          case LIST -> PublicationKeeper.Keeping.LIST;
          case ALL -> PublicationKeeper.Keeping.ALL;
          case EXISTING -> PublicationKeeper.Keeping.NOTHING;
        });
  }

  /**
   * How long to rest before looking for work again: never longer than the catalog is left alone.
   *
   * @param most milliseconds, 1 or more
   * @return milliseconds, 1 or more
   */
  long rest(long most) {
    return Math.max(1, Math.min(most, tablesRefresh.toMillis()));
  }

  /** Name of the publication for tables whose updates must not be published. */
  public String insertsPublication() {
    return publication + "_inserts";
  }
}
