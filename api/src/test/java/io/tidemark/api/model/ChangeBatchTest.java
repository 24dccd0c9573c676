package io.tidemark.api.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.model.ChangeBatch.Before;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ChangeBatchTest {
  private static final TableSchema TABLE =
      new TableSchema(
          new TableName("public", "t"),
          1,
          1,
          List.of(
              column(1, new DataType.Int(64)), column(2, new DataType.Text()), column(4, list())),
          List.of(1),
          ReplicaIdentity.DEFAULT,
          true);

  private static DataType list() {
    return new DataType.ListOf(
        new DataType.Struct(List.of(new DataType.Field("x", new DataType.Int(32)))));
  }

  private static Column column(int attnum, DataType type) {
    return new Column(attnum, "c" + attnum, type, "type", 0, -1, false, false, Optional.empty());
  }

  @Test
  void aRowComesBackAsItWasAddedAlsoFromACopy() {
    ChangeBatch batch = new ChangeBatch(TABLE);
    for (int i = 0; i < 100; i++) {
      add(batch, i);
    }
    ChangeBatch copy = new ChangeBatch(TABLE);
    for (int i = 0; i < batch.size(); i++) {
      copy.addFrom(batch, i);
    }
    assertRows(batch);
    assertRows(copy);
    assertThat(copy.bytes()).isPositive();
  }

  private static void add(ChangeBatch batch, int i) {
    batch.addRow(i % 3 == 0 ? Op.UPDATE : Op.CREATE, -i, i, 7, 1000 + i);
    if (i % 2 == 0) {
      batch.leaf("leaf" + i % 4);
    }
    ((LongVector) batch.columns().get(0).vector()).add(i);
    switch (i % 4) {
      case 0 -> batch.columns().get(1).addUnchanged();
      case 1 -> batch.columns().get(1).addRaw("raw" + i);
      case 2 -> batch.columns().get(1).vector().addNull();
      default -> ((BytesVector) batch.columns().get(1).vector()).add("ä" + i);
    }
    ListVector list = (ListVector) batch.columns().get(2).vector();
    StructVector struct = (StructVector) list.elements();
    for (int element = 0; element < i % 3; element++) {
      ((IntVector) struct.fields().get(0)).add(element * i);
      struct.endStruct();
    }
    list.endList();
    if (i % 3 == 0) {
      batch.addBefore(Before.KEY);
      ((LongVector) batch.before().get(0).vector()).add(-i);
      batch.before().get(1).vector().addNull();
      batch.before().get(2).vector().addNull();
    }
  }

  private static void assertRows(ChangeBatch batch) {
    assertThat(batch.size()).isEqualTo(100);
    for (int i = 0; i < 100; i++) {
      assertThat(batch.op(i)).isEqualTo(i % 3 == 0 ? Op.UPDATE : Op.CREATE);
      assertThat(batch.commitLsn(i)).isEqualTo(-i);
      assertThat(batch.ordinal(i)).isEqualTo(i);
      assertThat(batch.leaf(i)).isEqualTo(i % 2 == 0 ? "leaf" + i % 4 : null);
      assertThat(((LongVector) batch.columns().get(0).vector()).get(i)).isEqualTo(i);
      ColumnData text = batch.columns().get(1);
      assertThat(text.isUnchanged(i)).isEqualTo(i % 4 == 0);
      assertThat(text.raw(i)).isEqualTo(i % 4 == 1 ? "raw" + i : null);
      assertThat(text.isSourceNull(i)).isEqualTo(i % 4 == 2);
      if (i % 4 == 3) {
        assertThat(((BytesVector) text.vector()).text(i)).isEqualTo("ä" + i);
      }
      ListVector list = (ListVector) batch.columns().get(2).vector();
      assertThat(list.end(i) - list.start(i)).isEqualTo(i % 3);
      for (int element = 0; element < i % 3; element++) {
        IntVector field = (IntVector) ((StructVector) list.elements()).fields().get(0);
        assertThat(field.get(list.start(i) + element)).isEqualTo(element * i);
      }
      assertThat(batch.beforeKind(i)).isEqualTo(i % 3 == 0 ? Before.KEY : Before.NONE);
      if (i % 3 == 0) {
        assertThat(((LongVector) batch.before().get(0).vector()).get(i)).isEqualTo(-i);
      }
    }
  }

  @Test
  void aRefusedValueStaysOneInCopiesAndInBytes() {
    ChangeBatch batch = new ChangeBatch(TABLE);
    for (int i = 0; i < 4; i++) {
      batch.addRow(i == 1 ? Op.DELETE : Op.CREATE, 1, i, 7, 0);
      ((LongVector) batch.columns().get(0).vector()).add(i);
      batch.columns().get(1).addRefused("odd" + i);
      batch.columns().get(2).vector().addNull();
    }
    ChangeBatch copy = new ChangeBatch(TABLE);
    for (int i = 1; i < 4; i++) {
      copy.addFrom(batch, i);
    }
    ChangeBatch read = BatchCodec.read(BatchCodec.write(copy), TABLE);
    for (ChangeBatch each : List.of(copy, read)) {
      assertThat(each.columns().get(1).raw(1)).isEqualTo("odd2");
      assertThat(each.refusedColumn(0)).as("what goes is not refused").isEqualTo(-1);
      assertThat(each.refusedColumn(1)).isEqualTo(1);
      assertThat(each.firstRefused()).isEqualTo(1);
    }
    copy.truncate(1);
    assertThat(copy.firstRefused()).isEqualTo(-1);
  }

  @Test
  void columnsMustComeInTheOrderOfTheirAttributeNumbers() {
    assertThatThrownBy(
            () ->
                new TableSchema(
                    TABLE.name(),
                    1,
                    1,
                    List.of(column(2, new DataType.Bool()), column(1, new DataType.Bool())),
                    List.of(),
                    ReplicaIdentity.FULL,
                    false))
        .hasMessageContaining("not in the order of their attribute numbers");
  }

  @Test
  void anUnknownOperationIsRefused() {
    assertThat(Op.ofCode((byte) 't')).isEqualTo(Op.TRUNCATE);
    assertThatThrownBy(() -> Op.ofCode((byte) 'x'))
        .hasMessageContaining("expected one of r, c, u, d, t");
    assertThatThrownBy(() -> Op.ofCode((byte) -1))
        .hasMessageContaining("expected one of r, c, u, d, t");
  }
}
