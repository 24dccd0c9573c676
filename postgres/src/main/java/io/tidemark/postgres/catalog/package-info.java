/** What the source's catalog says of tables, columns, keys, partitions and of the server itself. */
package io.tidemark.postgres.catalog;
