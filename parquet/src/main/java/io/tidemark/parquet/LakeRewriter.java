package io.tidemark.parquet;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.parquet.file.Encoder;
import io.tidemark.parquet.file.FileFacts;
import io.tidemark.parquet.file.FileJoiner;
import io.tidemark.parquet.file.KeyHistory;
import io.tidemark.parquet.state.LakeFile;
import io.tidemark.parquet.store.ObjectStore;
import io.tidemark.parquet.store.StoreException;
import io.tidemark.parquet.store.StoreException.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes data files again: many small ones as one, or without a key. Commits nothing. */
final class LakeRewriter {
  private static final int MOST_AT_ONCE = 500;

  private final ObjectStore store;
  private final ParquetConfig config;
  private final FileNames names;

  LakeRewriter(ObjectStore store, ParquetConfig config, FileNames names) {
    this.store = store;
    this.config = config;
    this.names = names;
  }

  /** What files must have in common to be joined. */
  private record Kind(TableName table, int version, List<String> extras, String folder) {}

  /**
   * Which files to join: runs of small ones of one table, version and folder, oldest first.
   *
   * @param least files of a run that are worth it
   */
  List<List<LakeFile>> plan(Collection<LakeFile> files, int least) {
    Map<Kind, List<LakeFile>> open = new LinkedHashMap<>();
    List<List<LakeFile>> runs = new ArrayList<>();
    for (LakeFile file : files) {
      if (file.bytes() > config.targetFileBytes() / 2) {
        continue;
      }
      List<LakeFile> run = open.computeIfAbsent(kind(file), kind -> new ArrayList<>());
      long bytes = run.stream().mapToLong(LakeFile::bytes).sum() + file.bytes();
      if (bytes > config.targetFileBytes() || run.size() == MOST_AT_ONCE) {
        runs.add(run);
        run = new ArrayList<>();
        open.put(kind(file), run);
      }
      run.add(file);
    }
    runs.addAll(open.values());
    runs.removeIf(run -> run.size() < Math.max(2, least));
    return runs;
  }

  private static Kind kind(LakeFile file) {
    return new Kind(
        file.tableName(),
        file.schemaVersion(),
        file.extras(),
        file.path().substring(0, file.path().lastIndexOf('/') + 1));
  }

  /** Publishes one file with the rows of all. */
  Replacement join(List<LakeFile> files, Encoder encoder) throws StoreException {
    List<Path> locals = new ArrayList<>();
    try {
      for (LakeFile file : files) {
        locals.add(local(file));
      }
      Path target = temporary();
      FileFacts facts = FileJoiner.join(locals, files.get(0).extras(), target, encoder);
      long rows = files.stream().mapToLong(LakeFile::rows).sum();
      if (facts.rows() != rows) {
        throw new IOException("joined files have " + facts.rows() + " rows, expected " + rows);
      }
      return new Replacement(
          List.copyOf(files), List.of(publish(files.get(files.size() - 1), facts, target)));
    } catch (IOException e) {
      throw failed("join files of table " + files.get(0).tableName(), e);
    } finally {
      locals.forEach(this::dropCopy);
    }
  }

  /**
   * Publishes the files of a table that say something of a key without what they say.
   *
   * @throws TidemarkException where the key still has a row
   */
  Replacement erase(List<LakeFile> files, Map<String, String> key, Encoder encoder)
      throws StoreException {
    Map<LakeFile, KeyHistory> histories = new LinkedHashMap<>();
    KeyHistory.Place life = KeyHistory.Place.NONE;
    KeyHistory.Place end = KeyHistory.Place.NONE;
    boolean leans = false;
    Map<Integer, String> byId = columnIds(files, key);
    for (LakeFile file : files) {
      KeyHistory history = scan(file, local -> KeyHistory.scan(local, byId));
      life = life.max(history.lastLife());
      end = end.max(history.lastEnd());
      leans |= history.valuesLeanOnIt();
      if (!history.isEmpty()) {
        histories.put(file, history);
      }
    }
    if (life.compareTo(end) > 0) {
      throw refused(files, "the key still has a row", "Delete the row at the source first");
    }
    if (leans) {
      throw refused(
          files,
          "it was changed into another key, and the row there has values that stand only in the"
              + " history of this one",
          "Copy the table again first, or erase the other key too after deleting its row");
    }
    Replacement whole = new Replacement(new ArrayList<>(), new ArrayList<>());
    for (Map.Entry<LakeFile, KeyHistory> entry : histories.entrySet()) {
      whole.removed().add(entry.getKey());
      rewrite(entry.getKey(), entry.getValue(), encoder).ifPresent(whole.added()::add);
    }
    return whole;
  }

  private static TidemarkException refused(List<LakeFile> files, String reason, String advice) {
    return new TidemarkException(
        ErrorCode.USAGE,
        "Cannot erase a key of table "
            + files.get(0).tableName()
            + ": "
            + reason
            + ". "
            + advice
            + ".");
  }

  /** Columns are given by their newest names. */
  private Map<Integer, String> columnIds(List<LakeFile> files, Map<String, String> key)
      throws StoreException {
    LakeFile newest = files.get(0);
    for (LakeFile file : files) {
      newest = file.schemaVersion() >= newest.schemaVersion() ? file : newest;
    }
    return scan(newest, local -> KeyHistory.byId(local, key));
  }

  /** Something that is looked for in a file. */
  private interface Scan<T> {
    T of(Path local) throws IOException;
  }

  private <T> T scan(LakeFile file, Scan<T> scan) throws StoreException {
    Path local = null;
    try {
      local = local(file);
      return scan.of(local);
    } catch (IllegalArgumentException e) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "Cannot erase a key of table "
              + file.tableName()
              + ": "
              + e.getMessage()
              + ". Give every column of the key with its value.",
          e);
    } catch (IOException e) {
      throw failed("read " + file.path(), e);
    } finally {
      dropCopy(local);
    }
  }

  private Optional<LakeFile> rewrite(LakeFile file, KeyHistory history, Encoder encoder)
      throws StoreException {
    Path local = null;
    try {
      local = local(file);
      Path target = temporary();
      FileFacts facts = FileJoiner.without(history, local, file.extras(), target, encoder);
      if (facts.rows() == 0) {
        Files.delete(target);
        return Optional.empty();
      }
      return Optional.of(publish(file, facts, target));
    } catch (IOException e) {
      throw failed("write " + file.path() + " again", e);
    } finally {
      dropCopy(local);
    }
  }

  private LakeFile publish(LakeFile like, FileFacts facts, Path target) throws StoreException {
    String key =
        like.path().substring(0, like.path().lastIndexOf('_') + 1) + names.nextPart() + ".parquet";
    store.publish(target, key);
    store.sync();
    return new LakeFile(
        key,
        like.tableSchema(),
        like.table(),
        facts.rows(),
        facts.bytes(),
        like.schemaVersion(),
        like.extras(),
        facts.unchanged(),
        new Lsn(facts.minLsn()).toString(),
        new Lsn(facts.maxLsn()).toString());
  }

  private Path temporary() throws StoreException {
    return store.staging().resolve(names.nextStaged());
  }

  private Path local(LakeFile file) throws IOException {
    Optional<Path> direct = store.local(file.path());
    if (direct.isPresent()) {
      return direct.get();
    }
    Path copy = temporary();
    if (!store.fetch(file.path(), copy)) {
      throw new IOException("it is missing");
    }
    return copy;
  }

  private void dropCopy(Path local) {
    if (local != null && local.getFileName().toString().endsWith(".tmp")) {
      try {
        Files.deleteIfExists(local);
      } catch (IOException e) {
        // The next sweep takes it.
      }
    }
  }

  private StoreException failed(String what, IOException e) {
    return e instanceof StoreException known
        ? known
        : new StoreException(
            Outcome.NOT_DONE,
            "Cannot " + what + " in " + store.name() + ": " + e.getMessage() + ".",
            e);
  }
}
