package io.tidemark.api.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.TableState.Phase;
import org.junit.jupiter.api.Test;

/** What a table's state says of its being equal to the source. */
class TableStateTest {
  @Test
  void aTableOfWhichNotEveryChangeIsCapturedIsNoMember() {
    TableState member = TableState.waiting().in(Phase.MEMBER, new Lsn(7));
    assertThat(member.isMember()).isTrue();
    assertThat(member.word()).isEqualTo("member");
    TableState partial = member.out(Phase.MEMBER, "no replica identity", new Lsn(7));
    assertThat(partial.isMember()).isFalse();
    assertThat(partial.word()).isEqualTo("partial");
    assertThat(partial.out(Phase.FAILED, "why", Lsn.ZERO).word()).isEqualTo("failed");
    assertThat(member.in(Phase.CATCHING_UP, Lsn.ZERO).word()).isEqualTo("catching-up");
  }
}
