package io.tidemark.postgres.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Keys have the order here that the server gives them. */
class KeyTextOrderTest {
  private static final Map<String, String> VALUES =
      Map.of(
          "bigint", "9223372036854775807, -9223372036854775808, 0, -1, 10, 9",
          "uuid",
              "ffffffff-0000-0000-0000-000000000000, 0a000000-0000-0000-0000-000000000000,"
                  + " 9f000000-0000-0000-0000-000000000000",
          "bytea", "\\x, \\x00, \\x0a, \\xff, \\xff00, \\x0a9f",
          "date",
              "2026-01-02, 0044-03-15 BC, 0044-02-15 BC, 0045-12-31 BC, 10000-01-01, 9999-12-31,"
                  + " infinity, -infinity, 0001-01-01",
          "timestamptz",
              "2026-01-02 00:00:00, 2026-01-02 00:00:00.5, 2026-01-02 00:00:00.55, 2026-01-02"
                  + " 00:00:01, 0044-03-15 00:00:00 BC, 0044-03-15 00:00:00.25 BC, 10000-01-01"
                  + " 00:00:00, -infinity",
          "timestamp", "2026-01-02 00:00:00, 2026-01-02 00:00:00.000001, 0001-01-01 00:00:00",
          "text COLLATE \"C\"", "a, B, ä, ab, 😀, ｱ, '', a b");

  @Test
  void ofEveryTypeThatHasOne() throws Exception {
    try (EmbeddedPostgres pg = EmbeddedPostgres.start(Version.V18);
        Connection connection = pg.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("SET TimeZone = 'UTC'");
      for (Map.Entry<String, String> type : VALUES.entrySet()) {
        List<List<String>> expected = new ArrayList<>();
        int oid;
        try (ResultSet rows =
            statement.executeQuery(
                "SELECT v::text, pg_typeof(v)::oid FROM (SELECT replace(v, '''', '')::"
                    + type.getKey()
                    + " AS v FROM regexp_split_to_table('"
                    + type.getValue().replace("'", "''")
                    + "', ', ') AS v) AS x ORDER BY x.v")) {
          oid = 0;
          while (rows.next()) {
            expected.add(List.of(rows.getString(1)));
            oid = rows.getInt(2);
          }
        }
        List<List<String>> sorted = new ArrayList<>(expected);
        Collections.shuffle(sorted, new Random(5));
        sorted.sort(new KeyTextOrder(List.of(column(oid))));
        assertThat(sorted).as(type.getKey()).isEqualTo(expected);
      }
    }
  }

  private static Column column(int oid) {
    return new Column(1, "v", new DataType.Text(), "any", oid, -1, true, false, Optional.empty());
  }
}
