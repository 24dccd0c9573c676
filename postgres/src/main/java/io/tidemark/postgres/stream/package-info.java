/**
 * The replication stream, from frames on the wire to batches of rows: {@code WalChannel} reads
 * frames, {@code PgOutputDecoder} says what a message holds, {@code TransactionAssembler} makes
 * committed transactions of them (streams in progress wait in {@code StreamStore}), {@code
 * RowGatherer} gathers their rows into batches. {@code ReplicationReader} is the thread that drives
 * them and the way in; who uses it is a {@code StreamListener} and a {@code RelationResolver}.
 */
package io.tidemark.postgres.stream;
