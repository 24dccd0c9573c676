package io.tidemark.postgres.type;

/**
 * A value that its column's data type cannot hold, under {@link MisfitPolicy#REJECT}. Nothing was
 * appended. The message names the type and never the value.
 */
public final class MisfitException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public MisfitException(String type) {
    super(
        "Cannot hold a value of type "
            + type
            + ": its column's data type does not cover it. Set the column's policy to 'raw' or"
            + " 'text' to keep such values.");
  }
}
