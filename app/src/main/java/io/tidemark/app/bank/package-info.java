/**
 * The bank of the demo: a schema of customers, accounts and transactions, and a generator that
 * behaves like one. At every commit each account's balance equals the sum of its completed amounts,
 * and no transfer is half there.
 */
package io.tidemark.app.bank;
