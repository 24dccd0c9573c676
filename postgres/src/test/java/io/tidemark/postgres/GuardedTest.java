package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class GuardedTest {
  private static void ends(Runnable work, ErrorCode code, String message) {
    EventQueue queue = new EventQueue(1000);
    new Guarded("watch the catalog", work, queue).run();
    assertThatThrownBy(() -> queue.poll(Duration.ZERO))
        .isInstanceOfSatisfying(TidemarkException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessage(message);
  }

  @Test
  void whatEndsAThreadEndsTheSource() {
    ends(
        () -> {
          throw new IllegalStateException("odd");
        },
        ErrorCode.INTERNAL,
        "Cannot watch the catalog: java.lang.IllegalStateException: odd. Report this defect.");
    ends(
        () -> {
          throw new OutOfMemoryError("heap");
        },
        ErrorCode.INTERNAL,
        "Cannot watch the catalog: java.lang.OutOfMemoryError: heap. Report this defect.");
    ends(
        () -> {
          throw new TidemarkException(ErrorCode.SOURCE_CHANGED, "Cannot go on.");
        },
        ErrorCode.SOURCE_CHANGED,
        "Cannot go on.");
  }

  @Test
  void patienceEndsAtOnePositionOnly() {
    Patience patience = new Patience();
    for (int i = 1; i < 5; i++) {
      assertThat(patience.isOver(new Lsn(10))).isFalse();
      if (i == 2) {
        assertThat(patience.isOver(new Lsn(20))).isFalse();
        assertThat(patience.isOver(new Lsn(10))).isFalse();
        assertThat(patience.isOver(new Lsn(10))).isFalse();
      }
    }
    assertThat(patience.isOver(new Lsn(10))).isTrue();
  }
}
