/** What sinks were seen to do with forms and types, for the page of the reference. */
package io.tidemark.testkit.seen;
