package io.tidemark.bench;

import io.tidemark.bench.DebeziumReader.Format;

/** The readers that are compared, by the names that reports give them. */
enum ReaderKind {
  RAW_READ("raw pgoutput") {
    @Override
    Reader reader() {
      return new RawStream();
    }
  },
  TIDEMARK("Tidemark to Parquet") {
    @Override
    Reader reader() {
      return new TidemarkReader(TidemarkReader.What.STREAM);
    }
  },
  DEBEZIUM("Debezium JSON") {
    @Override
    Reader reader() {
      return DebeziumReader.stream(Format.JSON);
    }
  },
  DEBEZIUM_STRUCT("Debezium Struct") {
    @Override
    Reader reader() {
      return DebeziumReader.stream(Format.STRUCT);
    }
  },
  RAW_COPY("raw COPY binary") {
    @Override
    Reader reader() {
      return new RawCopy();
    }
  },
  TIDEMARK_SNAPSHOT("Tidemark to Parquet") {
    @Override
    Reader reader() {
      return new TidemarkReader(TidemarkReader.What.SNAPSHOT);
    }
  },
  DEBEZIUM_SNAPSHOT("Debezium JSON") {
    @Override
    Reader reader() {
      return DebeziumReader.snapshot(Format.JSON);
    }
  },
  DEBEZIUM_SNAPSHOT_STRUCT("Debezium Struct") {
    @Override
    Reader reader() {
      return DebeziumReader.snapshot(Format.STRUCT);
    }
  };

  private final String title;

  ReaderKind(String title) {
    this.title = title;
  }

  /** How reports name it. */
  String title() {
    return title;
  }

  /** A new reader of this kind. */
  abstract Reader reader();
}
