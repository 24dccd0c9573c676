/**
 * Keeps exact copies of current rows in Snowflake. The driver is heavy and fetched only when a
 * pipeline needs it, so nothing here knows more of it than {@code java.sql}.
 */
package io.tidemark.snowflake;
