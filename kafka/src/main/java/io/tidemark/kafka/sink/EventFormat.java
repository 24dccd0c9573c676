package io.tidemark.kafka.sink;

/**
 * What events look like.
 *
 * @param names of topics and schemas
 * @param values how values are written
 * @param schemas whether each key and value carries its schema
 * @param tombstones whether a null follows each delete, so that compaction forgets the key
 * @param truncates whether TRUNCATE is written
 * @param version what {@code source.version} says
 */
record EventFormat(
    TopicNames names,
    EventOptions values,
    boolean schemas,
    boolean tombstones,
    boolean truncates,
    String version) {}
