package io.tidemark.snowflake;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Folders for files on their way to the stage, one for each open sink. */
final class LocalFolder {
  private LocalFolder() {}

  /** A new folder below another; what processes left behind that live no more is removed. */
  static Path make(Path parent) throws IOException {
    Files.createDirectories(parent);
    try (Stream<Path> folders = Files.list(parent)) {
      for (Path folder : folders.toList()) {
        if (isLeft(folder.getFileName().toString())) {
          remove(folder);
        }
      }
    }
    return Files.createTempDirectory(parent, ProcessHandle.current().pid() + "-");
  }

  private static boolean isLeft(String name) {
    return name.matches("\\d+-\\d+")
        && ProcessHandle.of(Long.parseLong(name.substring(0, name.indexOf('-')))).isEmpty();
  }

  static void remove(Path folder) throws IOException {
    List<Path> all;
    try (Stream<Path> tree = Files.walk(folder)) {
      all = tree.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : all) {
      Files.deleteIfExists(path);
    }
  }
}
