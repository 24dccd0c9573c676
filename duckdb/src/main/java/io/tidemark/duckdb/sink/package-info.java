/**
 * A copy in one DuckDB file: current rows, written in one transaction with the tidemark and the
 * pipeline's state.
 */
package io.tidemark.duckdb.sink;
