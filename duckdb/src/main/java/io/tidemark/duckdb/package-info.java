/**
 * SQL over a copy with the embedded DuckDB.
 *
 * <p>A copy's Parquet files hold changes, not rows. For each table this package writes the SQL of
 * two views: its changes ({@link io.tidemark.duckdb.ChangeRowsSql}) and the current rows that
 * follow from them ({@link io.tidemark.duckdb.KeyedRowsSql}, {@link
 * io.tidemark.duckdb.MultisetSql}). {@link io.tidemark.duckdb.DuckDbQuery} answers a user's SQL
 * over these views, {@link io.tidemark.duckdb.DuckDbCopy} reads them back as PostgreSQL's text.
 * Nothing is materialised and nothing is ever downloaded. Knows {@code api} and DuckDB's driver
 * alone.
 */
package io.tidemark.duckdb;
