package io.tidemark.postgres.sink;

import io.tidemark.api.model.ColumnData;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import org.postgresql.copy.CopyIn;

/** COPY's binary format (the manual's page of COPY, "Binary Format"). */
final class BinaryCopy implements CopyFormat {
  private static final byte[] HEADER = {
    'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 255, '\r', '\n', 0, 0, 0, 0, 0, 0, 0, 0, 0
  };

  private final CopyStream out;

  BinaryCopy(CopyIn copy) {
    out = new CopyStream(copy);
    out.buffer().raw(HEADER, 0, HEADER.length);
  }

  @Override
  public void row(int fields) throws SQLException {
    out.flushFull();
    out.buffer().two(fields);
  }

  @Override
  public void small(int value) {
    out.buffer().four(2);
    out.buffer().two(value);
  }

  @Override
  public void big(long value) {
    out.buffer().four(8);
    out.buffer().eight(value);
  }

  @Override
  public void flag(boolean value) {
    out.buffer().four(1);
    out.buffer().one(value ? 1 : 0);
  }

  @Override
  public void text(String value) {
    if (value == null) {
      none();
    } else {
      byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
      out.buffer().four(utf8.length);
      out.buffer().raw(utf8, 0, utf8.length);
    }
  }

  @Override
  public void none() {
    out.buffer().four(-1);
  }

  @Override
  public void value(TargetColumn column, ColumnData data, int row) {
    if (data.isSourceNull(row)) {
      none();
    } else {
      column.binary(out.buffer(), data, row);
    }
  }

  @Override
  public void end() throws SQLException {
    out.buffer().two(-1);
    out.end();
  }

  @Override
  public void close() {
    out.close();
  }
}
