/**
 * What counts in a lake: numbered, create-only state objects. A claim takes the writing over, a
 * commit says what became visible, and some commits carry the whole state (checkpoints) so that a
 * reader need not begin at the first. See docs/guide/lake.md for the form.
 */
package io.tidemark.parquet.state;
