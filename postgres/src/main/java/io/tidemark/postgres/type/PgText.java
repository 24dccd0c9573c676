package io.tidemark.postgres.type;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.ColumnData;
import java.util.Optional;

/**
 * PostgreSQL's own text of the values that a column holds: what the output function of its type
 * prints under {@link PinnedSettings}. Any number of threads may share one.
 */
public final class PgText {
  private final ValueForm form;

  private PgText(ValueForm form) {
    this.form = form;
  }

  /**
   * The text of a column's values.
   *
   * @param types must know the column's type and all it is made of
   */
  public static PgText of(PgTypes types, Column column) {
    return new PgText(new Codecs(types).form(column.typeOid(), column.type()));
  }

  /** The text of element {@code i}; empty where it is null or unchanged. */
  public Optional<String> text(ColumnData data, int i) {
    if (data.raw(i) != null) {
      return Optional.of(data.raw(i));
    }
    if (data.vector().isNull(i)) {
      return Optional.empty();
    }
    TextBuffer text = new TextBuffer();
    form.print(data.vector(), i, text);
    return Optional.of(text.toString());
  }
}
