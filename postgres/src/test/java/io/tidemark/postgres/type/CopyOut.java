package io.tidemark.postgres.type;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.PGConnection;

/** The values of a query's one column as COPY sends them; null for null. */
final class CopyOut {
  private static final int HEADER = 15;

  private CopyOut() {}

  static List<byte[]> binary(Connection connection, String query) throws SQLException {
    byte[] all = copy(connection, query, "binary");
    ByteBuffer in = ByteBuffer.wrap(all);
    in.position(HEADER + in.getInt(HEADER) + 4);
    List<byte[]> values = new ArrayList<>();
    while (in.getShort() == 1) {
      int length = in.getInt();
      byte[] value = length < 0 ? null : new byte[length];
      if (value != null) {
        in.get(value);
      }
      values.add(value);
    }
    return values;
  }

  static List<byte[]> text(Connection connection, String query) throws SQLException {
    List<byte[]> values = new ArrayList<>();
    ByteArrayOutputStream value = new ByteArrayOutputStream();
    byte[] all = copy(connection, query, "text");
    boolean isNull = false;
    for (int i = 0; i < all.length; i++) {
      if (all[i] == '\n') {
        values.add(isNull ? null : value.toByteArray());
        value.reset();
        isNull = false;
      } else if (all[i] == '\\') {
        i++;
        isNull |= all[i] == 'N';
        int known = "btnrfv".indexOf(all[i]);
        value.write(known < 0 ? all[i] : "\b\t\n\r\f\u000b".charAt(known));
      } else {
        value.write(all[i]);
      }
    }
    return values;
  }

  private static byte[] copy(Connection connection, String query, String format)
      throws SQLException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      connection
          .unwrap(PGConnection.class)
          .getCopyAPI()
          .copyOut("COPY (" + query + ") TO STDOUT (FORMAT " + format + ")", out);
    } catch (IOException e) {
      throw new SQLException(e);
    }
    return out.toByteArray();
  }
}
