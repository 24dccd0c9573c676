package io.tidemark.postgres.type;

import io.tidemark.api.model.DataType;
import io.tidemark.testkit.type.TypeCase;
import io.tidemark.testkit.type.TypeCases;
import java.util.List;

/** Writes docs/reference/types.md. */
final class TypePage {
  private final StringBuilder page = new StringBuilder();
  private String group = "";

  TypePage() {
    page.append(
        """
        # PostgreSQL types

        <!-- Generated from TypeCases.java, whose values come from real servers of PostgreSQL 15 and 18 through this
             mapping and back. To write it again: ./mvnw -pl postgres -am test -Dtest=TypeRoundTripTest
             -Dsurefire.failIfNoSpecifiedTests=false -Dtypes.page=write -->

        How a column of each type is held, what it is in a Parquet file, and what happens to values that its data type
        cannot hold. No value is ever bent to fit: by default (`raw`) the column is null in that row and PostgreSQL's
        exact text of the value stands in `<column>__raw`, a column that appears when first needed. With the policy
        `text` the whole column is held as PostgreSQL's text; with `reject` the row is rejected.

        *Text* is always what PostgreSQL's output function prints, under these settings, which every connection pins:

        ```sql
        """);
    PinnedSettings.statements().forEach(sql -> page.append(sql).append(";\n"));
    page.append(
        """
        ```

        *Travels* says how values come from the server: in their binary form, or as text. A column that travels as text
        is copied as the text of its output function; a table that has a column marked *text, whole stream* makes the
        replication stream of its pipeline run in text, because the server's binary form of such a value does not exist
        inside of another one or cannot be read without the server. The result is the same, the speed differs.
        """);
  }

  void row(TypeCase type, DataType held, PgTypes types, int oid) {
    if (!group.equals(type.group())) {
      group = type.group();
      page.append("\n## ").append(group).append("\n\n");
      if (type.type().equals("mood")) {
        page.append("The types of this table and of ranges with names of their own:\n\n```sql\n");
        TypeCases.SETUP.stream()
            .filter(sql -> !sql.startsWith("CREATE EXTENSION"))
            .forEach(sql -> page.append(sql).append(";\n"));
        page.append("```\n\n");
      }
      page.append("| PostgreSQL | held as | Parquet | travels | values that do not fit |\n");
      page.append("|---|---|---|---|---|\n");
    }
    page.append("| `")
        .append(type.type())
        .append("` | ")
        .append(held(held))
        .append(" | ")
        .append(parquet(held))
        .append(" | ")
        .append(travels(types, oid))
        .append(" | ")
        .append(misfits(type, held))
        .append(" |\n");
  }

  String text() {
    String rules =
        """

        ## Rules

        - `varchar`, `char(n)`, `citext` and `name` are as `text`; a domain is as its base type; an array is a list of
          what its element type is; a composite is a struct of what its attributes are, and one without attributes is
          text. `numeric(p,s)` is a decimal for p up to 38 and s from 0 to p; all other forms of numeric are text.
        - A type that is not in this table is held as text and travels as text (whole stream). So are the types of
          extensions but `hstore`, `citext` and `ltree`. PostGIS and pgvector are not among those that were tried.
        - `money` has its decimal point where the database's `lc_monetary` puts it, so only the server's text is certain.
          That setting is therefore not pinned; after a change of it, new values look as the new one has it.
        - Before PostgreSQL 16 a `"char"` above 127 is a bare byte; in binary it reads here as 16 and newer print it (`\\351`).
        - Before PostgreSQL 17 there is no infinite `interval`; the one value of those versions that has the same bits
          (178956970 years 7 mons 2147483647 days 2562047788:00:54.775807, and its counterpart) reads as `infinity`.
        - In a database of the encoding SQL_ASCII a text may hold bytes that are no UTF-8: such a value does not fit, and
          what is kept of it is `\\x` and its bytes in hexadecimal.
        """;
    return page + rules;
  }

  private static String misfits(TypeCase type, DataType held) {
    if (held instanceof DataType.ListOf) {
      return "more dimensions, lower bounds other than 1, elements that do not fit";
    } else if (held instanceof DataType.Struct) {
      return "values of another definition than the known one (ALTER TYPE), fields that do not fit";
    }
    return type.reason();
  }

  private static String travels(PgTypes types, int oid) {
    if (types.copiesInBinary(oid)) {
      return "binary";
    }
    return types.streamsInBinary(oid) ? "text" : "text, whole stream";
  }

  private static String held(DataType type) {
    if (type instanceof DataType.Bool) {
      return "boolean";
    } else if (type instanceof DataType.Int integer) {
      return "integer, " + integer.bits() + " bits";
    } else if (type instanceof DataType.Float floating) {
      return "float, " + floating.bits() + " bits";
    } else if (type instanceof DataType.Decimal decimal) {
      return "decimal(" + decimal.precision() + ", " + decimal.scale() + ")";
    } else if (type instanceof DataType.Json) {
      return "JSON text";
    } else if (type instanceof DataType.Bytes) {
      return "bytes";
    } else if (type instanceof DataType.Uuid) {
      return "uuid";
    } else if (type instanceof DataType.Date) {
      return "date";
    } else if (type instanceof DataType.Time) {
      return "time, microseconds";
    } else if (type instanceof DataType.Timestamp timestamp) {
      return "microseconds since 1970, " + (timestamp.utc() ? "UTC" : "wall clock");
    } else if (type instanceof DataType.ListOf list) {
      return "list of " + held(list.element());
    } else if (type instanceof DataType.Struct struct) {
      List<String> fields =
          struct.fields().stream()
              .map(field -> "`" + field.name() + "` " + held(field.type()))
              .toList();
      return "struct of " + String.join("; ", fields);
    }
    return "text";
  }

  private static String parquet(DataType type) {
    if (type instanceof DataType.Bool) {
      return "BOOLEAN";
    } else if (type instanceof DataType.Int integer) {
      return integer.bits() == 64 ? "INT64" : integer.bits() == 32 ? "INT32" : "INT32, INT(16)";
    } else if (type instanceof DataType.Float floating) {
      return floating.bits() == 64 ? "DOUBLE" : "FLOAT";
    } else if (type instanceof DataType.Decimal decimal) {
      String physical =
          decimal.precision() <= 9 ? "INT32" : decimal.isLong() ? "INT64" : "FIXED(16)";
      return physical + ", DECIMAL(" + decimal.precision() + ", " + decimal.scale() + ")";
    } else if (type instanceof DataType.Json) {
      return "BYTE_ARRAY, JSON";
    } else if (type instanceof DataType.Bytes) {
      return "BYTE_ARRAY";
    } else if (type instanceof DataType.Uuid) {
      return "FIXED(16), UUID";
    } else if (type instanceof DataType.Date) {
      return "INT32, DATE";
    } else if (type instanceof DataType.Time) {
      return "INT64, TIME(micros)";
    } else if (type instanceof DataType.Timestamp timestamp) {
      return "INT64, TIMESTAMP(micros, " + (timestamp.utc() ? "UTC" : "local") + ")";
    } else if (type instanceof DataType.ListOf list) {
      return "LIST of " + parquet(list.element());
    } else if (type instanceof DataType.Struct) {
      return "group";
    }
    return "BYTE_ARRAY, STRING";
  }
}
