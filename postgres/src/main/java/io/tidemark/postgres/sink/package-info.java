/** Keeps an exact copy in another PostgreSQL, or in other schemas of one. */
package io.tidemark.postgres.sink;
