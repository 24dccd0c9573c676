package io.tidemark.app.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/**
 * Why a file or folder could not be used, in words; Java's own messages are often just its name.
 */
public final class FileFailure {
  private FileFailure() {}

  /** The reason, without a full stop. */
  public static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "there is no such file or folder, and none can be made there";
    }
    if (e instanceof AccessDeniedException) {
      return "this user has no right to";
    }
    if (e instanceof FileAlreadyExistsException) {
      return "a file is in the way";
    }
    boolean said = e instanceof FileSystemException known && known.getReason() != null;
    return said ? ((FileSystemException) e).getReason() : String.valueOf(e.getMessage());
  }
}
