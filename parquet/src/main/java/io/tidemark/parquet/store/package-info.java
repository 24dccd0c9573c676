/**
 * Where a lake lives: a folder or a prefix of an S3 bucket, behind one small seam. Nothing is ever
 * overwritten.
 */
package io.tidemark.parquet.store;
