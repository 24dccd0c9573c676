/** The proof that a copy equals its source. */
package io.tidemark.engine.verify;
