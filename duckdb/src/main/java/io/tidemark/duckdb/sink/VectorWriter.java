package io.tidemark.duckdb.sink;

import io.tidemark.api.model.BooleanVector;
import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.DoubleVector;
import io.tidemark.api.model.FloatVector;
import io.tidemark.api.model.IntVector;
import io.tidemark.api.model.ListVector;
import io.tidemark.api.model.LongVector;
import io.tidemark.api.model.StructVector;
import io.tidemark.api.model.Vector;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.duckdb.DuckDBAppender;

/** Appends the elements of one vector, in DuckDB's own form of their type. */
@FunctionalInterface
interface VectorWriter {
  /** Appends element {@code i}. */
  void write(DuckDBAppender to, int i) throws SQLException;

  /** A writer of a vector that may be shorter than its batch; what is missing is null. */
  static VectorWriter of(DataType type, Vector vector) {
    VectorWriter values = values(type, vector);
    return (to, i) -> {
      if (i >= vector.size() || vector.isNull(i)) {
        to.appendNull();
      } else {
        values.write(to, i);
      }
    };
  }

  private static VectorWriter values(DataType type, Vector vector) {
    if (vector instanceof BooleanVector bools) {
      return (to, i) -> to.append(bools.get(i));
    } else if (vector instanceof FloatVector floats) {
      return (to, i) -> to.append(floats.get(i));
    } else if (vector instanceof DoubleVector doubles) {
      return (to, i) -> to.append(doubles.get(i));
    } else if (vector instanceof IntVector ints) {
      return ints(type, ints);
    } else if (vector instanceof LongVector longs) {
      return longs(type, longs);
    } else if (vector instanceof BytesVector bytes) {
      return bytes(type, bytes);
    } else if (vector instanceof StructVector struct) {
      return struct((DataType.Struct) type, struct);
    }
    return (to, i) -> to.append((List<?>) object(type, vector, i));
  }

  private static VectorWriter ints(DataType type, IntVector ints) {
    if (type instanceof DataType.Date) {
      return (to, i) -> to.appendEpochDays(ints.get(i));
    }
    return ((DataType.Int) type).bits() == 16
        ? (to, i) -> to.append((short) ints.get(i))
        : (to, i) -> to.append(ints.get(i));
  }

  private static VectorWriter longs(DataType type, LongVector longs) {
    if (type instanceof DataType.Time) {
      return (to, i) -> to.appendDayMicros(longs.get(i));
    } else if (type instanceof DataType.Timestamp) {
      return (to, i) -> to.appendEpochMicros(longs.get(i));
    } else if (type instanceof DataType.Decimal decimal) {
      // DuckDB holds decimals of up to 4 and 9 digits in 16 and 32 bits.
      return decimal.precision() <= 4
          ? (to, i) -> to.appendDecimal((short) longs.get(i))
          : decimal.precision() <= 9
              ? (to, i) -> to.appendDecimal((int) longs.get(i))
              : (to, i) -> to.appendDecimal(longs.get(i));
    }
    return (to, i) -> to.append(longs.get(i));
  }

  private static VectorWriter bytes(DataType type, BytesVector bytes) {
    if (type instanceof DataType.Uuid) {
      return (to, i) -> {
        ByteBuffer uuid = ByteBuffer.wrap(bytes.data(), bytes.start(i), 16);
        to.appendUUID(uuid.getLong(), uuid.getLong());
      };
    } else if (type instanceof DataType.Decimal) {
      return (to, i) -> {
        ByteBuffer number = ByteBuffer.wrap(bytes.data(), bytes.start(i), 16);
        long high = number.getLong();
        to.appendDecimal(number.getLong(), high);
      };
    }
    return (to, i) -> to.append(bytes.get(i));
  }

  private static VectorWriter struct(DataType.Struct type, StructVector struct) {
    List<VectorWriter> fields = new ArrayList<>();
    for (int field = 0; field < type.fields().size(); field++) {
      fields.add(of(type.fields().get(field).type(), struct.fields().get(field)));
    }
    return (to, i) -> {
      to.beginStruct();
      for (VectorWriter field : fields) {
        field.write(to, i);
      }
      to.endStruct();
    };
  }

  /** A value within a list, as the driver takes it. */
  private static Object object(DataType type, Vector from, int i) {
    if (from.isNull(i)) {
      return null;
    } else if (from instanceof BooleanVector bools) {
      return bools.get(i);
    } else if (from instanceof IntVector ints) {
      int value = ints.get(i);
      return type instanceof DataType.Date
          ? LocalDate.ofEpochDay(value)
          : ((DataType.Int) type).bits() == 16 ? (Object) (short) value : (Object) value;
    } else if (from instanceof LongVector longs) {
      return object(type, longs.get(i));
    } else if (from instanceof FloatVector floats) {
      return floats.get(i);
    } else if (from instanceof DoubleVector doubles) {
      return doubles.get(i);
    } else if (from instanceof BytesVector bytes) {
      return object(type, bytes, i);
    }
    List<Object> parts = new ArrayList<>();
    if (from instanceof ListVector list) {
      for (int at = list.start(i); at < list.end(i); at++) {
        parts.add(object(((DataType.ListOf) type).element(), list.elements(), at));
      }
      return parts;
    }
    List<DataType.Field> fields = ((DataType.Struct) type).fields();
    for (int field = 0; field < fields.size(); field++) {
      parts.add(object(fields.get(field).type(), ((StructVector) from).fields().get(field), i));
    }
    return parts;
  }

  private static Object object(DataType type, long value) {
    if (type instanceof DataType.Decimal decimal) {
      return BigDecimal.valueOf(value, decimal.scale());
    } else if (type instanceof DataType.Time) {
      return LocalTime.ofNanoOfDay(value * 1000);
    } else if (type instanceof DataType.Timestamp timestamp) {
      Instant at = Instant.EPOCH.plus(value, ChronoUnit.MICROS);
      return timestamp.utc()
          ? OffsetDateTime.ofInstant(at, ZoneOffset.UTC)
          : (Object) LocalDateTime.ofInstant(at, ZoneOffset.UTC);
    }
    return value;
  }

  private static Object object(DataType type, BytesVector bytes, int i) {
    if (type instanceof DataType.Decimal decimal) {
      return new BigDecimal(new BigInteger(bytes.get(i)), decimal.scale());
    } else if (type instanceof DataType.Uuid) {
      ByteBuffer uuid = ByteBuffer.wrap(bytes.data(), bytes.start(i), 16);
      return new UUID(uuid.getLong(), uuid.getLong());
    }
    return type instanceof DataType.Bytes ? (Object) bytes.get(i) : bytes.text(i);
  }
}
