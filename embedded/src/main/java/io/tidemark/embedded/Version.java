package io.tidemark.embedded;

/** A major version of PostgreSQL whose binaries may be on the class path. */
public enum Version {
  /** The oldest that tests drive; its binaries come with the module {@code embedded-15}. */
  V15(15),
  /** The newest; its binaries come with this module. */
  V18(18);

  private final int major;

  Version(int major) {
    this.major = major;
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
