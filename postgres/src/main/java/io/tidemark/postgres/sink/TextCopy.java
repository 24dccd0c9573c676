package io.tidemark.postgres.sink;

import io.tidemark.api.model.ColumnData;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import org.postgresql.copy.CopyIn;

/** COPY's text format, for rows with values whose binary form is not at hand. */
final class TextCopy implements CopyFormat {
  private final CopyStream out;
  private int fields;
  private int given;

  TextCopy(CopyIn copy) {
    out = new CopyStream(copy);
  }

  @Override
  public void row(int count) throws SQLException {
    out.flushFull();
    fields = count;
    given = 0;
  }

  private void next() {
    given++;
    out.buffer().one(given == fields ? '\n' : '\t');
  }

  @Override
  public void small(int value) {
    out.buffer().text(Integer.toString(value));
    next();
  }

  @Override
  public void big(long value) {
    out.buffer().text(Long.toString(value));
    next();
  }

  @Override
  public void flag(boolean value) {
    out.buffer().one(value ? 't' : 'f');
    next();
  }

  @Override
  public void text(String value) {
    if (value == null) {
      none();
    } else {
      escaped(value.getBytes(StandardCharsets.UTF_8));
      next();
    }
  }

  @Override
  public void none() {
    out.buffer().one('\\');
    out.buffer().one('N');
    next();
  }

  @Override
  public void value(TargetColumn column, ColumnData data, int row) {
    text(data.isSourceNull(row) ? null : column.text(data, row));
  }

  private void escaped(byte[] utf8) {
    CopyBuffer buffer = out.buffer();
    int from = 0;
    for (int i = 0; i < utf8.length; i++) {
      int escape =
          switch (utf8[i]) {
            case '\\' -> '\\';
            case '\t' -> 't';
            case '\n' -> 'n';
            case '\r' -> 'r';
            default -> 0;
          };
      if (escape != 0) {
        buffer.raw(utf8, from, i - from);
        buffer.one('\\');
        buffer.one(escape);
        from = i + 1;
      }
    }
    buffer.raw(utf8, from, utf8.length - from);
  }

  @Override
  public void end() throws SQLException {
    out.end();
  }

  @Override
  public void close() {
    out.close();
  }
}
