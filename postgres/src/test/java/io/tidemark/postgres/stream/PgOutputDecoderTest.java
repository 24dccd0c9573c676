package io.tidemark.postgres.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

class PgOutputDecoderTest {
  private static void decode(ProtocolVersion version, byte[] message) {
    new PgOutputDecoder(version, new DeafHandler()).decode(message[0], message, 1, message.length);
  }

  private static List<byte[]> oneOfEach() {
    return List.of(
        Wire.begin(100, 7),
        Wire.commit(100),
        Wire.origin(),
        Wire.type(),
        Wire.relation(1, "t", 'd', "id*", "v"),
        Wire.insert(1, "1", null),
        Wire.update(1, 'O', new String[] {"1", "a"}, "1", Wire.UNCHANGED),
        Wire.delete(1, 'K', "1", null),
        Wire.truncate(1, 2),
        Wire.message(1, 9, "tide", "content"),
        Wire.streamStart(7, 1),
        Wire.streamStop(),
        Wire.streamCommit(7, 100),
        Wire.streamAbort(7, 8));
  }

  @Test
  void everyMessageEndsWhereItEnds() {
    for (byte[] message : oneOfEach()) {
      decode(ProtocolVersion.V2, message);
      for (int length = 1; length < message.length; length++) {
        byte[] cut = java.util.Arrays.copyOf(message, length);
        assertThatThrownBy(() -> decode(ProtocolVersion.V2, cut))
            .as("message %c cut to %d bytes", message[0], length)
            .isInstanceOf(ProtocolException.class);
      }
      byte[] longer = java.util.Arrays.copyOf(message, message.length + 2);
      assertThatThrownBy(() -> decode(ProtocolVersion.V2, longer))
          .isInstanceOf(ProtocolException.class)
          .hasMessageContaining("2 bytes too many");
    }
  }

  @Test
  void aBrokenMessageIsToldWithItsTypeAndPlaceAndWithoutItsValues() {
    byte[] insert = Wire.insert(1, "secret");
    insert[12] = 99;
    assertThatThrownBy(() -> decode(ProtocolVersion.V2, insert))
        .hasMessage(
            "Cannot read message 'I' of the replication stream: a length of 99 where 6 bytes are"
                + " left (at byte 13). Report this together with the version of the server.")
        .asInstanceOf(InstanceOfAssertFactories.type(ProtocolException.class))
        .satisfies(
            e -> {
              assertThat(e.type()).isEqualTo((byte) 'I');
              assertThat(e.offset()).isEqualTo(13);
            });
  }

  @Test
  void eachVersionKnowsItsMessages() {
    int streaming = 0;
    for (byte[] message : oneOfEach()) {
      if ("SEcA".indexOf(message[0]) >= 0) {
        streaming++;
        assertThatThrownBy(() -> decode(ProtocolVersion.V1, message))
            .hasMessageContaining("its type is not known in protocol version 1");
      } else {
        decode(ProtocolVersion.V1, message);
      }
    }
    assertThat(streaming).isEqualTo(4);
    // BEGIN PREPARE belongs to version 3.
    assertThatThrownBy(() -> decode(ProtocolVersion.V2, new byte[] {'b', 1, 2, 3}))
        .hasMessageContaining("its type is not known in protocol version 2");
  }
}
