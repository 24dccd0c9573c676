package io.tidemark.postgres.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PostgresUrlTest {
  @TempDir Path folder;

  @Test
  void readsEveryPartAndDecodesIt() {
    assertThat(PostgresUrl.parse("postgres://us%40er:p%3Aw+d@h:6000/d%20b?sslmode=require"))
        .containsEntry("user", "us@er")
        .containsEntry("password", "p:w+d")
        .containsEntry("host", "h")
        .containsEntry("port", "6000")
        .containsEntry("database", "d b")
        .containsEntry("sslmode", "require");
    assertThat(PostgresUrl.parse("postgresql://[::1]:5433"))
        .containsEntry("host", "::1")
        .containsEntry("port", "5433")
        .doesNotContainKey("database");
  }

  @Test
  void isWrittenAgainWithoutWhatWasTakenOut() {
    Map<String, String> parts =
        PostgresUrl.parse("postgres://us%40er:p@ss@h:6000/d%20b?sslmode=require&password=x%26y");
    assertThat(PostgresUrl.parse(PostgresUrl.format(parts))).isEqualTo(parts);
    parts.remove("password");
    assertThat(PostgresUrl.format(parts))
        .isEqualTo("postgres://us%40er@h:6000/d%20b?sslmode=require");
    assertThat(PostgresUrl.format(PostgresUrl.parse("postgres://[::1]:5433/x")))
        .isEqualTo("postgres://[::1]:5433/x");
  }

  @Test
  void refusesWhatIsNoUrlWithoutRepeatingIt() {
    assertThatThrownBy(() -> PostgresUrl.parse("mysql://user:secret@h"))
        .hasMessageContaining("a URL such as postgres://")
        .hasMessageNotContaining("secret");
    assertThatThrownBy(() -> PostgresUrl.parse("postgres://a,b/c"))
        .hasMessageContaining("one host");
  }

  @Test
  void findsThePasswordOfTheFirstLineThatFits() throws Exception {
    Path file = folder.resolve("pgpass");
    Files.writeString(
        file, "# comment\nother:*:*:*:no\nh:5432:d\\:b:u:with\\:colon\n*:*:*:u:last\n");
    assertThat(PasswordFile.find(file, "h", 5432, "d:b", "u")).contains("with:colon");
    assertThat(PasswordFile.find(file, "x", 1, "y", "u")).contains("last");
    assertThat(PasswordFile.find(file, "x", 1, "y", "z")).isEqualTo(Optional.empty());
    assertThat(PasswordFile.find(folder.resolve("none"), "x", 1, "y", "z")).isEmpty();
  }
}
