/**
 * Servers for a laptop and for tests: {@link io.tidemark.embedded.EmbeddedPostgres} from Maven's
 * binaries, {@link io.tidemark.embedded.EmbeddedS3} in the same process. Knows no other module.
 */
package io.tidemark.embedded;
