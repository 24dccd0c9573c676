package io.tidemark.postgres.connect;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** libpq's password file (PostgreSQL manual, "The Password File"). */
final class PasswordFile {
  private PasswordFile() {}

  /** The first password whose line fits; empty where the file is missing or no line fits. */
  static Optional<String> find(Path file, String host, int port, String database, String user) {
    List<String> lines;
    try {
      lines = Files.readAllLines(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      return Optional.empty();
    }
    String[] wanted = {host, Integer.toString(port), database, user};
    for (String line : lines) {
      List<String> fields = fields(line);
      if (!line.startsWith("#") && fields.size() >= 5 && fits(fields, wanted)) {
        return Optional.of(fields.get(4));
      }
    }
    return Optional.empty();
  }

  private static boolean fits(List<String> fields, String[] wanted) {
    for (int i = 0; i < wanted.length; i++) {
      if (!fields.get(i).equals("*") && !fields.get(i).equals(wanted[i])) {
        return false;
      }
    }
    return true;
  }

  /** Parts a line at its colons; a backslash takes the next sign as it is. */
  private static List<String> fields(String line) {
    List<String> fields = new ArrayList<>();
    StringBuilder field = new StringBuilder();
    for (int i = 0; i < line.length(); i++) {
      char sign = line.charAt(i);
      if (sign == '\\' && i + 1 < line.length()) {
        field.append(line.charAt(++i));
      } else if (sign == ':') {
        fields.add(field.toString());
        field.setLength(0);
      } else {
        field.append(sign);
      }
    }
    fields.add(field.toString());
    return fields;
  }
}
