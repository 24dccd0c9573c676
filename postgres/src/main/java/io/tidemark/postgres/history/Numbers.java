package io.tidemark.postgres.history;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.TableSchema;
import io.tidemark.postgres.stream.Relation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Tells whether a column of a RELATION message can be another one than its name says. A column that
 * is gone by now may have had that name when the rows were written, and the one that has it now may
 * have come after them. Columns that are known and still there under the same name are taken for
 * what they are.
 */
final class Numbers {
  /** text, varchar and their like, one of which becomes another as it is. */
  private static final Set<Integer> TEXTS = Set.of(25, 1043);

  private final TableSchema newest;
  private final Optional<TableSchema> present;

  /** Attribute numbers that the catalog has no more, or never showed. */
  private final List<Integer> vanished = new ArrayList<>();

  /**
   * @param newest the last form that is known
   * @param present the form that the catalog has now
   * @param attributes the highest number that had been given out at the time of the newest form
   */
  Numbers(TableSchema newest, Optional<TableSchema> present, int attributes) {
    this.newest = newest;
    this.present = present;
    for (Column column : newest.columns()) {
      if (present.isPresent() && present.get().indexOf(column.attnum()) < 0) {
        vanished.add(column.attnum());
      }
    }
    int known = Math.max(attributes, highest(newest));
    for (int number = known + 1; number < present.map(Numbers::highest).orElse(0); number++) {
      if (present.orElseThrow().indexOf(number) < 0) {
        vanished.add(number);
      }
    }
  }

  private static int highest(TableSchema schema) {
    return schema.columns().stream().mapToInt(Column::attnum).max().orElse(0);
  }

  /**
   * Why a reading of a message is not the only one that is possible; empty where it is.
   *
   * @param chosen what each column of the message is taken for
   * @param leaf whether the order of the columns says nothing
   */
  Optional<String> doubt(List<Relation.Column> wire, List<Column> chosen, boolean leaf) {
    for (int i = 0; i < chosen.size(); i++) {
      int number = chosen.get(i).attnum();
      int above = leaf || i == 0 ? 0 : chosen.get(i - 1).attnum();
      int below = leaf || i + 1 == chosen.size() ? Integer.MAX_VALUE : chosen.get(i + 1).attnum();
      if (mayBeAnother(wire.get(i), number, above, below)) {
        return Optional.of(
            "column '"
                + wire.get(i).name()
                + "' may have been another one when the rows were written: a column was dropped"
                + " since, and one of that name was added or renamed");
      }
    }
    return Optional.empty();
  }

  private boolean mayBeAnother(Relation.Column wire, int number, int above, int below) {
    boolean known = newest.indexOf(number) >= 0;
    boolean there = present.isEmpty() || present.get().indexOf(number) >= 0;
    if (known && there) {
      return false;
    }
    if (known && present.flatMap(form -> form.column(wire.name())).isPresent()) {
      // the known column is gone, and another one has its name
      return true;
    }
    return vanished.stream()
        .filter(other -> other != number && other > above && other < below)
        .filter(other -> !there || other < number)
        .anyMatch(other -> known ? newest.indexOf(other) < 0 : couldBe(wire, other));
  }

  private boolean couldBe(Relation.Column wire, int number) {
    int index = newest.indexOf(number);
    return index < 0 || mayHaveBecome(newest.columns().get(index).typeOid(), wire.typeOid());
  }

  /**
   * Whether a column's type can have become another one without giving the table another file,
   * which would be seen: a changed modifier, or a text of another kind.
   */
  private static boolean mayHaveBecome(int before, int now) {
    return before == now || TEXTS.contains(before) && TEXTS.contains(now);
  }
}
