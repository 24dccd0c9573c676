/** The demo: a PostgreSQL, a bank that writes to it, and a pipeline that copies it. */
package io.tidemark.app.demo;
