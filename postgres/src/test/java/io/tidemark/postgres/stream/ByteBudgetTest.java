package io.tidemark.postgres.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ByteBudgetTest {
  @Test
  void thereIsRoomBelowTheLimit() throws Exception {
    ByteBudget budget = new ByteBudget(100);
    budget.take(99);
    assertThat(budget.awaitRoom(0)).isTrue();
    budget.take(1);
    assertThat(budget.hasRoom()).isFalse();
    assertThat(budget.awaitRoom(1)).isFalse();
    budget.take(50);
    budget.give(50);
    assertThat(budget.hasRoom()).isFalse();
    assertThat(budget.taken()).isEqualTo(100);
  }

  @Test
  void whoWaitsGoesOnAsSoonAsSomethingIsGivenBack() throws Exception {
    ByteBudget budget = new ByteBudget(100);
    budget.take(100);
    CompletableFuture<Boolean> waiting =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return budget.awaitRoom(60_000);
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    budget.give(1);
    assertThat(waiting.get()).isTrue();
  }
}
