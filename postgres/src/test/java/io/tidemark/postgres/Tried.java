package io.tidemark.postgres;

import io.tidemark.embedded.Version;
import org.junit.jupiter.api.Assumptions;

/** Which server a suite runs on. */
public final class Tried {
  private Tried() {}

  /** The usual one, or the one of {@code -Dtidemark.postgres=16} where that is given. */
  public static Version version(Version usual) {
    String asked = System.getProperty("tidemark.postgres", "");
    return asked.isEmpty() ? usual : Version.valueOf("V" + asked);
  }

  /** Leaves a test out, by name, on a server that lacks what it is about. */
  static void needs(Version server, Version oldest) {
    Assumptions.assumeTrue(
        server.compareTo(oldest) >= 0, "needs PostgreSQL " + oldest.major() + " or newer");
  }
}
