/** One class for each command of the program. */
package io.tidemark.app.command;
