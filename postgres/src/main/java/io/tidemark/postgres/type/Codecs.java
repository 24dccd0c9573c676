package io.tidemark.postgres.type;

import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.DataType;

/**
 * Makes the codecs of columns: one and the same for COPY and for the stream, in binary and in text.
 * What comes as text must come from a session with {@link PinnedSettings}. Any number of threads
 * may share it.
 */
public final class Codecs {
  /** Whether a database can be trusted that its texts are UTF-8. */
  public enum Texts {
    /** Its encoding is known, so that the server converts texts and checks them. */
    TRUSTED,
    /**
     * Its encoding is SQL_ASCII: any bytes may come (over a connection whose client_encoding is
     * SQL_ASCII too; with another one the server fails at the first that are not valid). A text
     * that is not UTF-8 does not fit its column; what is kept of it is {@code \x} and its bytes in
     * hexadecimal.
     */
    CHECKED
  }

  private final Outputs outputs;
  private final Forms forms;

  /**
   * Codecs for a database whose encoding is known.
   *
   * @param types the types of the columns and of all they are made of
   */
  public Codecs(PgTypes types) {
    this(types, Texts.TRUSTED);
  }

  /**
   * Codecs for a database.
   *
   * @param types the types of the columns and of all they are made of
   * @param texts what is known of its encoding
   */
  public Codecs(PgTypes types, Texts texts) {
    this.outputs = new Outputs(types);
    this.forms = new Forms(outputs, texts);
  }

  /**
   * The codec of a column.
   *
   * @param typeOid the column's type in the source
   * @param held how its values are held: what {@link TypeMapping} chose, now or in an older version
   *     of the table's form
   * @param policy what becomes of values that the data type cannot hold
   * @throws io.tidemark.api.error.TidemarkException where the type is unknown or cannot be held so
   */
  public ColumnCodec codec(int typeOid, DataType held, MisfitPolicy policy) {
    outputs.types().require(typeOid);
    return new KeepingCodec(forms.of(typeOid, held), outputs.of(typeOid), policy);
  }

  /** The form of a column, which prints as well. */
  ValueForm form(int typeOid, DataType held) {
    return forms.of(typeOid, held);
  }

  /** Keeps the text of a value that does not fit. */
  private record KeepingCodec(ValueForm form, Output output, MisfitPolicy policy)
      implements ColumnCodec {
    @Override
    public void binary(byte[] data, int offset, int length, ColumnData out) {
      if (!form.addBinary(data, offset, length, out.vector())) {
        TextBuffer text = new TextBuffer();
        output.write(data, offset, length, text);
        keep(Utf8.textOrHex(text.bytes(), 0, text.length()), out);
      }
    }

    @Override
    public void text(byte[] data, int offset, int length, ColumnData out) {
      if (!form.addText(data, offset, length, out.vector())) {
        keep(Utf8.textOrHex(data, offset, length), out);
      }
    }

    private void keep(String text, ColumnData out) {
      if (policy == MisfitPolicy.REJECT) {
        out.addRefused(text);
      } else {
        out.addRaw(text);
      }
    }
  }
}
