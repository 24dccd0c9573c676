package io.tidemark.postgres.stream;

import io.tidemark.api.model.Lsn;

/**
 * How far the reading has come.
 *
 * @param received up to where the server has read its log for us and sent what there was; also its
 *     head, when it has nothing more
 * @param confirmed up to where the server may forget
 * @param lastCommitMicros commit time of the last transaction given, microseconds since 1970 UTC; 0
 *     before the first
 * @param rows row changes given
 * @param spilledBytes bytes of transactions in progress on disk
 */
public record StreamProgress(
    Lsn received, Lsn confirmed, long lastCommitMicros, long rows, long spilledBytes) {}
