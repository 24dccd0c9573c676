/**
 * Changes on Kafka topics, written as Debezium writes them, so that its consumers need not change.
 * One Kafka transaction holds rows, tidemark and state.
 */
package io.tidemark.kafka.sink;
