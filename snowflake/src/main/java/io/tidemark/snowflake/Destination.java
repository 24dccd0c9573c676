package io.tidemark.snowflake;

import io.tidemark.api.model.TableName;
import java.util.Locale;

/** What everything is called in Snowflake. */
final class Destination {
  /** The column that holds a row's leaf partition. */
  static final String LEAF = "_PARTITION";

  /** The column that tells equal rows of a table without a key apart. */
  static final String ROW = "_TIDEMARK_ROW";

  /** Ends the name of a column for values that the type of another cannot hold. */
  static final String RAW = "__RAW";

  /** Begins the names that columns have on their way to another. */
  static final String PASSING = "_TIDEMARK_C";

  private final SnowflakeConfig config;
  private final String pipeline;

  Destination(SnowflakeConfig config, String pipeline) {
    this.config = config;
    this.pipeline = pipeline;
  }

  String pipeline() {
    return pipeline;
  }

  /** A name in the case that the copy has. */
  String cased(String name) {
    return config.names() == SnowflakeConfig.Names.UPPER ? name.toUpperCase(Locale.ROOT) : name;
  }

  /** The schema of a table, not quoted. */
  String schema(TableName table) {
    return cased(fill(config.schema(), table));
  }

  /** The table in it, not quoted. */
  String table(TableName table) {
    return cased(fill(config.table(), table));
  }

  private static String fill(String pattern, TableName table) {
    return pattern.replace("{schema}", table.schema()).replace("{table}", table.table());
  }

  /** The whole name of a table of the copy, in SQL. */
  String name(TableName table) {
    return config.database() + "." + schemaName(table) + "." + SqlText.name(table(table));
  }

  /** The name of its schema in SQL, without the database. */
  String schemaName(TableName table) {
    return SqlText.name(schema(table));
  }

  /** The whole name of a table of the state, in SQL. */
  String own(String table) {
    return config.database() + "." + config.stateSchema() + "." + SqlText.name(table);
  }

  /** A view of the catalog, in SQL. */
  String catalog(String view) {
    return config.database() + ".INFORMATION_SCHEMA." + view;
  }

  String database() {
    return config.database();
  }

  String stateSchema() {
    return config.stateSchema();
  }

  /** The stage that pieces are uploaded to. */
  String stage() {
    return "@"
        + config
            .externalStage()
            .map(ExternalStage::name)
            .orElse(config.database() + "." + config.stateSchema() + ".PIECES");
  }

  /** Whether the stage is ours to make. */
  boolean ownStage() {
    return config.externalStage().isEmpty();
  }

  /** The folder of this pipeline within the stage. */
  String folder() {
    return plain(pipeline);
  }

  /** The name of a piece. */
  String fileName(TableName table, int part) {
    return plain(table.toString()) + "_" + part + ".parquet";
  }

  /** The table that changes of a version of a table are loaded into, not quoted. */
  String journal(TableName table, int version, int form) {
    return "JOURNAL/" + pipeline + "/" + table + "/" + version + "-" + Integer.toHexString(form);
  }

  /** Letters, digits and little else: what a path within a stage takes without quotes. */
  private static String plain(String name) {
    return name.replaceAll("[^A-Za-z0-9._-]", "_");
  }
}
