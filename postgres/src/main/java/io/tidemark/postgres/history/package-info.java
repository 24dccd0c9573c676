/** How tables looked from one place of the log to the next, and how a new form is recognised. */
package io.tidemark.postgres.history;
