/**
 * The nouns and the seams of Tidemark. Knows the JDK alone: no other module, no library.
 *
 * <p>{@code model} holds what travels (batches, schemas, positions), {@code source}, {@code sink},
 * {@code transform} and {@code copy} the seams, {@code config} how a component declares its
 * options, {@code error} what a user is told.
 */
package io.tidemark.api;
