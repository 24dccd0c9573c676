/** Replication slots and publications: made, checked, kept current, dropped. */
package io.tidemark.postgres.slot;
