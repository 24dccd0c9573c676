/** The types of PostgreSQL with their odd values, for tests of every part they pass through. */
package io.tidemark.testkit.type;
