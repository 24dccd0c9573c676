/** Opens connections to PostgreSQL and says in words why one could not be opened. */
package io.tidemark.postgres.connect;
