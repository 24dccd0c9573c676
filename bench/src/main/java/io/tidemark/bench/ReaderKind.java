package io.tidemark.bench;

import io.tidemark.bench.DebeziumReader.Format;

/** The readers that are compared, by the names that reports give them. */
enum ReaderKind {
  RAW_READ("raw", "raw pgoutput") {
    @Override
    Reader reader() {
      return new RawStream();
    }
  },
  TIDEMARK("tidemark", "Tidemark to Parquet") {
    @Override
    Reader reader() {
      return new TidemarkReader(TidemarkReader.What.STREAM, Target.PARQUET);
    }
  },
  DEBEZIUM("debezium", "Debezium JSON") {
    @Override
    Reader reader() {
      return DebeziumReader.stream(Format.JSON);
    }
  },
  DEBEZIUM_STRUCT("struct", "Debezium Struct") {
    @Override
    Reader reader() {
      return DebeziumReader.stream(Format.STRUCT);
    }
  },
  RAW_COPY("raw", "raw COPY binary") {
    @Override
    Reader reader() {
      return new RawCopy();
    }
  },
  TIDEMARK_SNAPSHOT("tidemark", "Tidemark to Parquet") {
    @Override
    Reader reader() {
      return new TidemarkReader(TidemarkReader.What.SNAPSHOT, Target.PARQUET);
    }
  },
  DEBEZIUM_SNAPSHOT("debezium", "Debezium JSON") {
    @Override
    Reader reader() {
      return DebeziumReader.snapshot(Format.JSON);
    }
  },
  DEBEZIUM_SNAPSHOT_STRUCT("struct", "Debezium Struct") {
    @Override
    Reader reader() {
      return DebeziumReader.snapshot(Format.STRUCT);
    }
  },
  TIDEMARK_DUCKDB("duckdb", "Tidemark to DuckDB") {
    @Override
    Reader reader() {
      return new TidemarkReader(TidemarkReader.What.STREAM, Target.DUCKDB);
    }
  },
  TIDEMARK_DUCKDB_SNAPSHOT("duckdb", "Tidemark to DuckDB") {
    @Override
    Reader reader() {
      return new TidemarkReader(TidemarkReader.What.SNAPSHOT, Target.DUCKDB);
    }
  },
  PARQUET_IMPORT("import", "DuckDB from Parquet") {
    @Override
    Reader reader() {
      return new ParquetImport();
    }
  },
  NATIVE("native", "native subscription") {
    @Override
    Reader reader() {
      return NativeSubscription.stream();
    }
  },
  TIDEMARK_POSTGRES("postgres", "Tidemark to PostgreSQL") {
    @Override
    Reader reader() {
      return new TidemarkReader(TidemarkReader.What.STREAM, Target.POSTGRES);
    }
  },
  NATIVE_SNAPSHOT("native", "native subscription") {
    @Override
    Reader reader() {
      return NativeSubscription.snapshot();
    }
  },
  TIDEMARK_POSTGRES_SNAPSHOT("postgres", "Tidemark to PostgreSQL") {
    @Override
    Reader reader() {
      return new TidemarkReader(TidemarkReader.What.SNAPSHOT, Target.POSTGRES);
    }
  },
  DUMP("dump", "pg_dump | psql") {
    @Override
    Reader reader() {
      return new DumpAndRestore();
    }
  };

  private final String word;
  private final String title;

  ReaderKind(String word, String title) {
    this.word = word;
    this.title = title;
  }

  /** How {@code --readers} names it. */
  String word() {
    return word;
  }

  /** How reports name it. */
  String title() {
    return title;
  }

  /** Whether it makes a copy in another PostgreSQL. */
  boolean fillsPostgres() {
    return switch (this) {
      case NATIVE, TIDEMARK_POSTGRES, NATIVE_SNAPSHOT, TIDEMARK_POSTGRES_SNAPSHOT, DUMP -> true;
      default -> false;
    };
  }

  /** A new reader of this kind. */
  abstract Reader reader();
}
