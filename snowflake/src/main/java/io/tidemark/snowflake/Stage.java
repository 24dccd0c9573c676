package io.tidemark.snowflake;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.Staged;
import io.tidemark.parquet.file.ChangeFileWriter;
import io.tidemark.parquet.file.Encoder;
import io.tidemark.parquet.file.FileLayout;
import io.tidemark.parquet.file.RowRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is staged between two seals: rows in memory up to a bound, beyond it in local Parquet files,
 * which a seal uploads under names that say whose they are and when.
 */
final class Stage implements AutoCloseable {
  /** Rows in memory before they are encoded. */
  private static final long MEMORY_BYTES = 24L << 20;

  /**
   * Snowflake loads files of 100 to 250 MB best (Snowflake manual, "Preparing your data files").
   */
  private static final long FILE_BYTES = 128L << 20;

  private static final int COMPRESSION_LEVEL = 1;

  private final SnowflakeConfig config;
  private final Destination destination;
  private final Path folder;
  private final Uploads uploads;
  private final Encoder encoder = new Encoder(COMPRESSION_LEVEL);
  private final Map<TableSchema, Part> parts = new LinkedHashMap<>();
  private final List<Finished> finished = new ArrayList<>();
  private long bytes;
  private int files;

  /** A file that is written, and not uploaded. */
  private record Finished(Path path, TableName table, long rows, Segment segment) {}

  /** The rows of one version of a table. */
  private static final class Part {
    private final TableSchema schema;
    private final WireRows rows;
    private final Segment segment;
    private Facts facts = new Facts();
    private List<RowRun> runs = new ArrayList<>();
    private ChangeFileWriter file;

    Part(TableSchema schema, WireRows rows, Segment segment) {
      this.schema = schema;
      this.rows = rows;
      this.segment = segment;
    }
  }

  Stage(SnowflakeConfig config, Destination destination) throws IOException {
    this.config = config;
    this.destination = destination;
    this.folder = LocalFolder.make(config.tempFolder());
    this.uploads = Uploads.of(config, destination, folder);
  }

  void add(ChangeBatch batch) throws SinkException.Rejected, IOException {
    Part part = parts.computeIfAbsent(batch.schema(), this::part);
    ChangeBatch rows = part.rows.of(batch, part.facts);
    part.runs.add(RowRun.all(rows));
    bytes += rows.bytes();
    if (bytes >= MEMORY_BYTES) {
      encode();
    }
  }

  private Part part(TableSchema schema) {
    SnowflakeTypes types = config.types();
    List<Wire> wires = Wire.of(schema, types);
    RowForm form = RowForm.of(schema, types);
    List<Segment.WireName> names = wires.stream().map(Segment.WireName::of).toList();
    String journal =
        destination.journal(schema.name(), schema.version(), Piece.json(names).hashCode());
    Segment segment = new Segment(journal, names, form, Facts.Kinds.NONE);
    return new Part(schema, new WireRows(schema, wires, config.maxValueBytes()), segment);
  }

  private void encode() throws IOException {
    for (Part part : parts.values()) {
      if (part.runs.isEmpty()) {
        continue;
      }
      if (part.file == null) {
        String name = destination.fileName(part.schema.name(), ++files);
        part.file =
            new ChangeFileWriter(folder.resolve(name), FileLayout.of(part.rows.form(), part.runs));
      }
      part.file.write(part.runs, encoder);
      part.runs = new ArrayList<>();
      if (part.file.bytes() >= FILE_BYTES) {
        finish(part);
      }
    }
    bytes = 0;
  }

  private void finish(Part part) throws IOException {
    if (part.file == null) {
      return;
    }
    try (ChangeFileWriter ending = part.file) {
      long rows = ending.finish().rows();
      finished.add(
          new Finished(
              ending.path(), part.schema.name(), rows, part.segment.with(part.facts.kinds())));
    } finally {
      part.file = null;
      part.facts = new Facts();
    }
  }

  /**
   * Uploads what was staged since the last seal. May be called again after a failure.
   *
   * @param stageFolder within the stage
   */
  List<Staged> seal(Session session, String stageFolder) throws SQLException, IOException {
    encode();
    for (Part part : parts.values()) {
      finish(part);
    }
    parts.clear();
    List<Staged> pieces = new ArrayList<>();
    for (Finished file : finished) {
      uploads.put(session, file.path(), stageFolder);
      Piece piece =
          new Piece(stageFolder, file.path().getFileName().toString(), file.rows(), file.segment());
      pieces.add(new Staged(file.table(), file.rows(), Files.size(file.path()), piece.text()));
    }
    for (Finished file : finished) {
      Files.deleteIfExists(file.path());
    }
    finished.clear();
    files = 0;
    return pieces;
  }

  @Override
  public void close() {
    try {
      for (Part part : parts.values()) {
        if (part.file != null) {
          part.file.close();
        }
      }
      LocalFolder.remove(folder);
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.LOCAL_DISK,
          "Cannot remove local files in " + folder + ": " + e.getMessage() + ".",
          e);
    } finally {
      uploads.close();
      encoder.close();
    }
  }
}
