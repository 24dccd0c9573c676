/** Brings the two sides of a verification together, and tells what was found. */
package io.tidemark.app.verify;
