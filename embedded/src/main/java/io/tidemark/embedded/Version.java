package io.tidemark.embedded;

import java.util.List;
import java.util.stream.Stream;

/** A major version of PostgreSQL whose binaries may be on the class path. */
public enum Version {
  /** The oldest that is supported; its binaries are only there when asked for. */
  V14(14),
  /** The oldest that tests always drive; its binaries come with the module {@code embedded-15}. */
  V15(15),
  /** Its binaries are only there when asked for. */
  V16(16),
  /** Its binaries are only there when asked for. */
  V17(17),
  /** The newest; its binaries come with this module. */
  V18(18);

  private final int major;

  Version(int major) {
    this.major = major;
  }

  /** Those whose binaries are there, oldest first. */
  public static List<Version> available() {
    return Stream.of(values()).filter(PostgresBinaries::isThere).toList();
  }

  /** The number users know. */
  public int major() {
    return major;
  }

  /** Folder of the class path that holds the archives; the newest lie at its root. */
  String folder() {
    return this == V18 ? "" : "postgres-" + major + "/";
  }
}
