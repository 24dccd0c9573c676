/** Looks at a database before and while it is captured, and says what to mend, with the SQL. */
package io.tidemark.postgres.doctor;
