package io.tidemark.postgres;

import io.tidemark.embedded.Version;

/** Which server a suite runs on. */
public final class Tried {
  private Tried() {}

  /** The usual one, or the one of {@code -Dtidemark.postgres=16} where that is given. */
  public static Version version(Version usual) {
    String asked = System.getProperty("tidemark.postgres", "");
    return asked.isEmpty() ? usual : Version.valueOf("V" + asked);
  }
}
