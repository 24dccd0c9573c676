package io.tidemark.engine.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;

/**
 * Where the control endpoint of a running pipeline is, and the token that it asks for. Stands in
 * the pipeline's data folder, readable by its user alone.
 */
record ControlFile(int port, String token, long pid) {
  static final String NAME = "control.json";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The file of a data folder; empty where there is none or it cannot be read. */
  static Optional<ControlFile> read(Path dataDir) {
    try {
      JsonNode node = JSON.readTree(Files.readString(dataDir.resolve(NAME)));
      return Optional.of(
          new ControlFile(
              node.required("port").asInt(),
              node.required("token").asText(),
              node.required("pid").asLong()));
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Writes the file whole, never readable by others even for a moment. */
  void write(Path dataDir) throws IOException {
    Files.createDirectories(dataDir);
    Path draft = dataDir.resolve(NAME + ".new");
    Files.deleteIfExists(draft);
    boolean posix = Files.getFileStore(dataDir).supportsFileAttributeView("posix");
    FileAttribute<?>[] rights =
        posix
            ? new FileAttribute<?>[] {
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
            }
            : new FileAttribute<?>[0];
    ObjectNode node = JSON.createObjectNode().put("port", port).put("token", token).put("pid", pid);
    try (var channel =
        Files.newByteChannel(
            draft, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), rights)) {
      channel.write(java.nio.ByteBuffer.wrap(node.toString().getBytes(StandardCharsets.UTF_8)));
    }
    Files.move(
        draft,
        dataDir.resolve(NAME),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  /** Removes the file, if it is still this one. */
  void remove(Path dataDir) throws IOException {
    if (read(dataDir).filter(this::equals).isPresent()) {
      Files.deleteIfExists(dataDir.resolve(NAME));
    }
  }

  @Override
  public String toString() {
    return "control endpoint at port " + port + " of process " + pid;
  }
}
