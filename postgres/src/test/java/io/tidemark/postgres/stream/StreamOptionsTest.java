package io.tidemark.postgres.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.model.Lsn;
import java.util.List;
import org.junit.jupiter.api.Test;

class StreamOptionsTest {
  @Test
  void theCommandNamesWhatIsAskedFor() {
    assertThat(
            new StreamOptions("s", List.of("p"), Lsn.parse("16/B374D848"), true, true, "tide", 1)
                .command())
        .isEqualTo(
            "START_REPLICATION SLOT \"s\" LOGICAL 16/B374D848 (\"proto_version\" '2',"
                + " \"publication_names\" '\"p\"', \"streaming\" 'on', \"messages\" 'on',"
                + " \"binary\" 'on')");
  }

  @Test
  void namesAreQuotedTwice() {
    assertThat(
            new StreamOptions("a\"b", List.of("it's", "x\"y,z"), Lsn.ZERO, false, true, "tide", 1)
                .command())
        .startsWith("START_REPLICATION SLOT \"a\"\"b\" LOGICAL 0/0 ")
        .contains("\"publication_names\" '\"it''s\",\"x\"\"y,z\"'")
        .contains("\"binary\" 'off'");
  }

  @Test
  void somethingMustBeStreamed() {
    assertThatThrownBy(() -> new StreamOptions("s", List.of(), Lsn.ZERO, false, true, "tide", 1))
        .hasMessage(
            "Cannot start streaming: a slot and at least one publication are needed, got slot 's'"
                + " and publications [].");
  }
}
