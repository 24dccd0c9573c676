/**
 * How commands meet their user: what they print, how they ask, how they end. Knows no command and
 * nothing of Tidemark but its errors.
 */
package io.tidemark.app.cli;
