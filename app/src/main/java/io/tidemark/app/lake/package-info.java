/** A lake and the pipeline's state in it, brought together for those who read copies. */
package io.tidemark.app.lake;
