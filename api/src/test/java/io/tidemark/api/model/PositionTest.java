package io.tidemark.api.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PositionTest {
  private static final Lsn HIGH = Lsn.parse("FFFFFFFF/FFFFFFFF");

  @Test
  void anLsnIsReadAndWrittenAsPostgresDoes() {
    assertThat(Lsn.parse("16/B374D848").toString()).isEqualTo("16/B374D848");
    assertThat(Lsn.parse("16/B374D848").value()).isEqualTo(0x16B374D848L);
    assertThat(Lsn.parse("0/0")).isEqualTo(Lsn.ZERO);
    for (String wrong :
        new String[] {"", "/", "1", "1/", "/1", "x/1", "123456789/0", "0/123456789"}) {
      assertThatThrownBy(() -> Lsn.parse(wrong))
          .as(wrong)
          .hasMessageContaining("expected a form like 16/B374D848");
    }
  }

  @Test
  void lsnsAreUnsigned() {
    assertThat(Lsn.ZERO.isBefore(HIGH)).isTrue();
    assertThat(Lsn.parse("80000000/0")).isGreaterThan(Lsn.parse("7FFFFFFF/FFFFFFFF"));
    assertThat(Lsn.parse("80000000/0").toHex()).isEqualTo("8000000000000000");
    assertThat(Lsn.parse("0/1A").toHex()).isEqualTo("000000000000001A");
  }

  @Test
  void coversAndMeetLookAtEveryPartition() {
    Position low = new Position(new TreeMap<>(Map.of("a", 5L, "b", 7L)));
    Position high = new Position(new TreeMap<>(Map.of("a", 5L, "b", HIGH.value())));
    assertThat(high.covers(low)).isTrue();
    assertThat(low.covers(high)).isFalse();
    assertThat(high.meet(low)).isEqualTo(low);
    assertThat(low.covers(Position.NONE)).isTrue();
    assertThat(Position.NONE.covers(low)).isFalse();
    assertThat(low.meet(Position.NONE).covers(new Position(new TreeMap<>(Map.of("a", 1L)))))
        .isFalse();
    assertThatThrownBy(low::lsn).hasMessageContaining("2 partitions");
  }
}
