package io.tidemark.snowflake;

import io.tidemark.parquet.store.Exclusion;
import io.tidemark.parquet.store.S3Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;

/** Brings files to the stage: by PUT, or past Snowflake to the place of an external stage. */
interface Uploads extends AutoCloseable {
  /**
   * Uploads a local file under its own name, replacing what is there; the file stays.
   *
   * @param folder within the stage
   * @throws io.tidemark.parquet.store.StoreException when the place of an external stage does not
   *     take it
   */
  void put(Session session, Path file, String folder) throws SQLException, IOException;

  @Override
  void close();

  /** To the stage of a configuration. */
  static Uploads of(SnowflakeConfig config, Destination names, Path scratch) {
    return config
        .externalStage()
        .<Uploads>map(stage -> new ToS3(stage, scratch))
        .orElseGet(() -> new ByPut(names));
  }

  /** By PUT. */
  record ByPut(Destination names) implements Uploads {
    @Override
    public void put(Session session, Path file, String folder) throws SQLException {
      session.put(file, names.stage() + "/" + folder);
    }

    @Override
    public void close() {}
  }

  /** Into the bucket that Snowflake reads. */
  final class ToS3 implements Uploads {
    private final S3Store store;
    private final Path scratch;

    /**
     * @param scratch a local folder, used by nobody else
     */
    ToS3(ExternalStage stage, Path scratch) {
      this.scratch = scratch;
      this.store = new S3Store(stage.place(), Exclusion.USER, scratch);
    }

    @Override
    public void put(Session session, Path file, String folder) throws IOException {
      // a store takes its file away, and a seal that is tried again needs it
      Path copy = scratch.resolve(file.getFileName() + ".up");
      Files.deleteIfExists(copy);
      Files.copy(file, copy);
      store.publish(copy, folder + "/" + file.getFileName());
    }

    @Override
    public void close() {
      store.close();
    }
  }
}
