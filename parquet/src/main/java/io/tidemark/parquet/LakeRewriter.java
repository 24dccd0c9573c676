package io.tidemark.parquet;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.parquet.file.Encoder;
import io.tidemark.parquet.file.FileFacts;
import io.tidemark.parquet.file.FileJoiner;
import io.tidemark.parquet.file.KeyHistory;
import io.tidemark.parquet.state.DataFiles;
import io.tidemark.parquet.state.LakeFile;
import io.tidemark.parquet.store.ObjectStore;
import io.tidemark.parquet.store.StoreException;
import io.tidemark.parquet.store.StoreException.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes data files again: many small ones as one, or without a key. Commits nothing. */
final class LakeRewriter {
  private static final int MOST_AT_ONCE = 500;

  /** S3 copies no larger object in one act. */
  private static final long MOST_BYTES = 4L << 30;

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

  /** All that can be joined: runs of small files of one table, version and folder, oldest first. */
  List<List<LakeFile>> runs(Collection<LakeFile> files) {
    List<List<LakeFile>> runs = small(files);
    runs.removeIf(run -> run.size() < 2);
    return runs;
  }

  /**
   * What is worth to be joined while a pipeline writes. A file that is larger than all the rest of
   * its run together is left out, so that a row is written again as often as its file can double
   * and not with each few new ones.
   *
   * @param least files of a run that are worth it
   */
  List<List<LakeFile>> runsWorthwhile(Collection<LakeFile> files, int least) {
    List<List<LakeFile>> runs = small(files);
    runs.forEach(LakeRewriter::leaveOutLarge);
    runs.removeIf(run -> run.size() < least);
    return runs;
  }

  private List<List<LakeFile>> small(Collection<LakeFile> files) {
    Map<Kind, List<LakeFile>> open = new LinkedHashMap<>();
    List<List<LakeFile>> runs = new ArrayList<>();
    long most = Math.min(config.targetFileBytes(), MOST_BYTES);
    for (LakeFile file : files) {
      if (file.bytes() > most / 2) {
        continue;
      }
      List<LakeFile> run = open.computeIfAbsent(kind(file), kind -> new ArrayList<>());
      long bytes = run.stream().mapToLong(LakeFile::bytes).sum() + file.bytes();
      if (bytes > most || run.size() == MOST_AT_ONCE) {
        runs.add(run);
        run = new ArrayList<>();
        open.put(kind(file), run);
      }
      run.add(file);
    }
    runs.addAll(open.values());
    return runs;
  }

  private static void leaveOutLarge(List<LakeFile> run) {
    long rest = run.stream().mapToLong(LakeFile::bytes).sum();
    List<LakeFile> largestFirst = new ArrayList<>(run);
    largestFirst.sort(Comparator.comparingLong(LakeFile::bytes).reversed());
    for (LakeFile file : largestFirst) {
      rest -= file.bytes();
      if (file.bytes() <= rest) {
        return;
      }
      run.remove(file);
    }
  }

  private static Kind kind(LakeFile file) {
    return new Kind(
        file.tableName(),
        file.schemaVersion(),
        file.extras(),
        file.shownPath().substring(0, file.shownPath().lastIndexOf('/') + 1));
  }

  /** Publishes one file with the rows of all, aside of those that it is made of. */
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
      String key = DataFiles.aside(nextKey(files.get(files.size() - 1)));
      List<String> shown = files.stream().flatMap(file -> file.shownFiles().stream()).toList();
      return new Replacement(
          List.copyOf(files), List.of(publish(files.get(0), key, shown, facts, target)));
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
      String key = file.isAside() ? DataFiles.aside(nextKey(file)) : nextKey(file);
      return Optional.of(publish(file, key, file.standsFor(), facts, target));
    } catch (IOException e) {
      throw failed("write " + file.path() + " again", e);
    } finally {
      dropCopy(local);
    }
  }

  private String nextKey(LakeFile like) {
    String shown = like.shownPath();
    return shown.substring(0, shown.lastIndexOf('_') + 1) + names.nextPart() + ".parquet";
  }

  private LakeFile publish(
      LakeFile like, String key, List<String> standsFor, FileFacts facts, Path target)
      throws StoreException {
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
        new Lsn(facts.maxLsn()).toString(),
        standsFor);
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
