/** Reads tables of the source for a comparison with a copy. */
package io.tidemark.postgres.verify;
