package io.tidemark.parquet.store;

/**
 * An object as a listing shows it.
 *
 * @param key its name below the store's root, parts separated by slashes
 * @param bytes its length
 */
public record StoredObject(String key, long bytes) {}
