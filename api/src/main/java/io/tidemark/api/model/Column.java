package io.tidemark.api.model;

import java.util.Optional;

/**
 * A column of one version of a table.
 *
 * @param attnum attribute number, 1 or more: the identity of the column, never reused and unchanged
 *     by a rename
 * @param name name in this version
 * @param type how values are held
 * @param pgType PostgreSQL's own type as {@code format_type} writes it, modifiers included: {@code
 *     numeric(12,2)}
 * @param typeOid the type's OID in the source database
 * @param typmod the type modifier, -1 where the type has none
 * @param notNull whether the source forbids nulls
 * @param generated whether the source computes the column (GENERATED ALWAYS AS ... STORED)
 * @param backfill PostgreSQL's text of the constant default that rows older than the column have;
 *     empty where they have null
 */
public record Column(
    int attnum,
    String name,
    DataType type,
    String pgType,
    int typeOid,
    int typmod,
    boolean notNull,
    boolean generated,
    Optional<String> backfill) {}
