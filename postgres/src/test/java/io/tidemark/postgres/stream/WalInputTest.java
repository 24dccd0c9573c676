package io.tidemark.postgres.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WalInputTest {
  private static final int BYTES = 1_000_000;

  @Test
  void bytesComeInOrderHoweverTheNetworkCutsThem() throws IOException {
    Random random = new Random(7);
    byte[] sent = new byte[BYTES];
    random.nextBytes(sent);
    InputStream rest = new ByteArrayInputStream(sent, 100, BYTES - 100);
    InputStream cut =
        new InputStream() {
          @Override
          public int read() {
            throw new UnsupportedOperationException();
          }

          @Override
          public int read(byte[] to, int offset, int most) throws IOException {
            return rest.read(to, offset, Math.min(most, 1 + random.nextInt(5_000)));
          }
        };
    WalInput input = new WalInput(cut, java.util.Arrays.copyOf(sent, 100), millis -> {});
    byte[] seen = new byte[BYTES];
    int at = 0;
    while (at < BYTES) {
      assertThat(input.await(1)).isTrue();
      int left = BYTES - at;
      switch (random.nextInt(left < 4 ? 1 : 4)) {
        case 0 -> seen[at++] = (byte) input.readByte();
        case 1 -> {
          Bytes.putInt(seen, at, input.readInt());
          at += 4;
        }
        case 2 -> {
          int bytes = Math.min(left, random.nextInt(20_000));
          input.read(seen, at, bytes);
          at += bytes;
        }
        default -> {
          int bytes = Math.min(left, random.nextInt(20_000));
          input.skip(bytes);
          System.arraycopy(sent, at, seen, at, bytes);
          at += bytes;
        }
      }
    }
    assertThat(seen).isEqualTo(sent);
    assertThatThrownBy(() -> input.await(1)).isInstanceOf(EOFException.class);
  }

  @Test
  void silenceIsNoEnd() throws IOException {
    List<Integer> waits = new ArrayList<>();
    InputStream silent =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new SocketTimeoutException();
          }

          @Override
          public int read(byte[] to, int offset, int most) throws IOException {
            throw new SocketTimeoutException();
          }
        };
    WalInput input = new WalInput(silent, new byte[] {42}, waits::add);
    assertThat(input.await(20)).isTrue();
    assertThat(input.readByte()).isEqualTo(42);
    assertThat(input.await(20)).isFalse();
    assertThat(input.await(20)).isFalse();
    assertThat(input.await(1)).isFalse();
    assertThat(waits).containsExactly(20, 1);
  }

  /** One message each 20 microseconds: taken together, not one by one. */
  @Test
  void messagesOfABusyStreamAreTakenTogether() throws IOException {
    int messages = 5_000;
    int size = 10;
    int[] reads = {0};
    long begin = System.nanoTime();
    InputStream busy =
        new InputStream() {
          private int given;

          @Override
          public int read() {
            throw new UnsupportedOperationException();
          }

          @Override
          public int read(byte[] to, int offset, int most) {
            reads[0]++;
            int arrived;
            do {
              arrived = (int) Math.min(messages, (System.nanoTime() - begin) / 20_000) * size;
            } while (arrived == given);
            int some = Math.min(most, arrived - given);
            given += some;
            return some;
          }
        };
    WalInput input = new WalInput(busy, new byte[0], millis -> {});
    for (int i = 0; i < messages; i++) {
      assertThat(input.await(1)).isTrue();
      input.skip(size);
    }
    assertThat(reads[0]).isLessThan(messages / 10);
  }
}
