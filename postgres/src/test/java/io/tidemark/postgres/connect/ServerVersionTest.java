package io.tidemark.postgres.connect;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ServerVersionTest {
  private static final Endpoint ENDPOINT =
      new Endpoint(
          "db",
          5432,
          "bank",
          "tidemark",
          Optional.empty(),
          Optional.empty(),
          new Endpoint.Tls("prefer", Optional.empty(), Optional.empty(), Optional.empty()),
          Duration.ofSeconds(10));

  @Test
  void aServerThatIsTooOldIsRefusedByName() {
    assertThatThrownBy(() -> Connector.refuseOld(13, ENDPOINT))
        .isInstanceOf(TidemarkException.class)
        .hasMessage(
            "Cannot capture from tidemark@db:5432/bank: it runs PostgreSQL 13, and logical streaming"
                + " as used here came with 14. Upgrade the server.")
        .extracting(e -> ((TidemarkException) e).code())
        .isEqualTo(ErrorCode.SOURCE_NOT_READY);
    assertThatCode(() -> Connector.refuseOld(14, ENDPOINT)).doesNotThrowAnyException();
    assertThatCode(() -> Connector.refuseOld(19, ENDPOINT)).doesNotThrowAnyException();
  }
}
