package io.tidemark.engine.transform;

import com.google.protobuf.ByteString;
import com.google.protobuf.NullValue;
import com.google.protobuf.Timestamp;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.ast.CelReference;
import dev.cel.common.types.CelType;
import dev.cel.common.types.NullableType;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerBuilder;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.BooleanVector;
import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.DoubleVector;
import io.tidemark.api.model.FloatVector;
import io.tidemark.api.model.IntVector;
import io.tidemark.api.model.LongVector;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.Vector;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A condition on the columns of one form of a table, in the Common Expression Language. Integers
 * are CEL's int, numbers with a fraction its double (a decimal of more than 15 digits is refused,
 * for it could be taken for another), timestamps its timestamp; dates, times, UUIDs, JSON and all
 * else that is text are its string. As in SQL, a condition that cannot be judged because a value is
 * null does not hold.
 */
final class RowExpression {
  /** Decimal digits that a double always keeps apart. */
  private static final int EXACT_DIGITS = 15;

  private static final CelOptions OPTIONS = CelOptions.current().build();
  private static final CelRuntime RUNTIME =
      CelRuntimeFactory.standardCelRuntimeBuilder().setOptions(OPTIONS).build();

  private final CelRuntime.Program program;
  private final List<Integer> columns;
  private final TableSchema schema;

  /** A row that the condition cannot judge, however often it is tried; the message is whole. */
  static final class Unjudged extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Unjudged(TidemarkException why) {
      super(why.getMessage(), why);
    }
  }

  private RowExpression(CelRuntime.Program program, List<Integer> columns, TableSchema schema) {
    this.program = program;
    this.columns = columns;
    this.schema = schema;
  }

  /**
   * Compiles a condition.
   *
   * @throws IllegalArgumentException with words for the user when it does not fit the form
   */
  static RowExpression compile(String text, TableSchema schema) {
    CelCompilerBuilder builder =
        CelCompilerFactory.standardCelCompilerBuilder()
            .setOptions(OPTIONS)
            .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
            .setResultType(SimpleType.BOOL);
    for (Column column : schema.columns()) {
      if (isSingle(column.type()) && column.name().matches("[A-Za-z_][A-Za-z0-9_]*")) {
        builder.addVar(column.name(), celType(column.type()));
      }
    }
    try {
      CelCompiler compiler = builder.build();
      CelAbstractSyntaxTree tree = compiler.compile(text).getAst();
      Set<String> names =
          tree.getReferenceMap().values().stream()
              .map(CelReference::name)
              .collect(Collectors.toSet());
      List<Integer> columns = new ArrayList<>();
      for (int i = 0; i < schema.columns().size(); i++) {
        if (names.contains(schema.columns().get(i).name())) {
          columns.add(i);
        }
      }
      return new RowExpression(RUNTIME.createProgram(tree), columns, schema);
    } catch (CelValidationException | CelEvaluationException e) {
      throw new IllegalArgumentException(e.getMessage().replaceAll("\\s+", " ").strip(), e);
    }
  }

  /** What is wrong with the syntax of a condition, whatever the table; null when nothing is. */
  static String syntaxProblem(String text) {
    try {
      CelCompilerFactory.standardCelCompilerBuilder()
          .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
          .build()
          .parse(text)
          .getAst();
      return null;
    } catch (CelValidationException e) {
      return e.getMessage().replaceAll("\\s+", " ").strip();
    }
  }

  private static boolean isSingle(DataType type) {
    return !(type instanceof DataType.ListOf || type instanceof DataType.Struct);
  }

  private static CelType celType(DataType type) {
    if (type instanceof DataType.Bool) {
      return NullableType.create(SimpleType.BOOL);
    } else if (type instanceof DataType.Int) {
      return NullableType.create(SimpleType.INT);
    } else if (type instanceof DataType.Float || type instanceof DataType.Decimal) {
      return NullableType.create(SimpleType.DOUBLE);
    } else if (type instanceof DataType.Bytes) {
      return NullableType.create(SimpleType.BYTES);
    } else if (type instanceof DataType.Timestamp) {
      return SimpleType.TIMESTAMP;
    }
    return NullableType.create(SimpleType.STRING);
  }

  /** Places of the columns that the condition reads. */
  List<Integer> columns() {
    return columns;
  }

  /** Where a row's values stand. */
  interface Row {
    /** The data of a column. */
    ColumnData column(int column);

    /** The place of the row in it. */
    int at(int column);
  }

  /** Row {@code i} of a list of columns. */
  static Row row(List<ColumnData> data, int i) {
    return new Row() {
      @Override
      public ColumnData column(int column) {
        return data.get(column);
      }

      @Override
      public int at(int column) {
        return i;
      }
    };
  }

  /**
   * Whether the condition holds for a row.
   *
   * @throws Unjudged when it fails for this row alone
   */
  boolean holds(Row row) {
    Map<String, Object> values = new HashMap<>();
    boolean hasNull = false;
    for (int column : columns) {
      Object value = value(row, column);
      hasNull |= value == NullValue.NULL_VALUE;
      values.put(schema.columns().get(column).name(), value);
    }
    try {
      return Boolean.TRUE.equals(program.eval(values));
    } catch (CelEvaluationException e) {
      if (hasNull) {
        return false;
      }
      // Its words may hold values of the row; its code does not.
      throw new Unjudged(
          Misfit.of(
              "filter",
              schema.name(),
              "the condition failed for a row: " + e.getErrorCode() + "."));
    }
  }

  private Object value(Row row, int column) {
    ColumnData data = row.column(column);
    int at = row.at(column);
    DataType type = schema.columns().get(column).type();
    if (data.isUnchanged(at)) {
      throw Misfit.of(
          "filter",
          schema.name(),
          "the log left out the value of column '"
              + schema.columns().get(column).name()
              + "', which an UPDATE did not touch. Set REPLICA IDENTITY FULL on the table, or filter"
              + " on other columns.");
    }
    String raw = data.raw(at);
    if (raw != null) {
      return ofRaw(type, raw, column);
    }
    if (data.vector().isNull(at)) {
      return NullValue.NULL_VALUE;
    }
    return type instanceof DataType.Decimal decimal
        ? ofDecimal(decimal, data.vector(), at, column)
        : value(type, data.vector(), at);
  }

  private Object ofRaw(DataType type, String raw, int column) {
    if (type instanceof DataType.Decimal && (raw.equals("NaN") || raw.endsWith("Infinity"))) {
      return Double.parseDouble(raw);
    }
    throw incomparable(column, "is outside what its type can hold");
  }

  private Unjudged incomparable(int column, String why) {
    return new Unjudged(
        Misfit.of(
            "filter",
            schema.name(),
            "a value of column '"
                + schema.columns().get(column).name()
                + "' "
                + why
                + " and cannot be compared. Filter on other columns."));
  }

  /** A decimal as CEL's double; two of at most 15 digits are never taken for one another. */
  private Object ofDecimal(DataType.Decimal type, Vector vector, int i, int column) {
    BigDecimal number = new BigDecimal(ValueText.of(type, vector, i)).stripTrailingZeros();
    if (number.precision() > EXACT_DIGITS) {
      throw incomparable(column, "has more than " + EXACT_DIGITS + " digits");
    }
    return number.doubleValue();
  }

  private static Object value(DataType type, Vector vector, int i) {
    if (vector instanceof BooleanVector bools) {
      return bools.get(i);
    } else if (vector instanceof FloatVector floats) {
      return (double) floats.get(i);
    } else if (vector instanceof DoubleVector doubles) {
      return doubles.get(i);
    } else if (type instanceof DataType.Int) {
      return vector instanceof IntVector ints ? (long) ints.get(i) : ((LongVector) vector).get(i);
    } else if (type instanceof DataType.Timestamp) {
      long micros = ((LongVector) vector).get(i);
      return Timestamp.newBuilder()
          .setSeconds(Math.floorDiv(micros, 1_000_000L))
          .setNanos((int) Math.floorMod(micros, 1_000_000L) * 1000)
          .build();
    } else if (type instanceof DataType.Bytes) {
      return ByteString.copyFrom(((BytesVector) vector).get(i));
    }
    return ValueText.of(type, vector, i);
  }
}
