/** What a person sees while a pipeline runs. */
package io.tidemark.app.live;
