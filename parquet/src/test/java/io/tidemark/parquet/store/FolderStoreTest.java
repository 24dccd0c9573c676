package io.tidemark.parquet.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names in folders are durable after a sync, whoever else publishes and syncs meanwhile. */
class FolderStoreTest {
  @TempDir Path root;

  private final List<Path> forced = new ArrayList<>();

  /** Done once while the next folder is forced. */
  private Callable<?> meanwhile = () -> null;

  private FolderStore store() {
    return new FolderStore(root, Exclusion.STORE, this::force);
  }

  private void force(Path folder) throws IOException {
    Callable<?> once = meanwhile;
    meanwhile = () -> null;
    try {
      once.call();
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    forced.add(folder);
  }

  private Void publish(FolderStore store, String key) throws IOException {
    store.publish(Files.writeString(root.resolve("local"), key), key);
    return null;
  }

  @Test
  void aNameThatComesWhileItsFolderIsForcedIsForcedByTheNextSync() throws Exception {
    FolderStore store = store();
    publish(store, "t/one");
    meanwhile = () -> publish(store, "t/two");
    store.sync();
    assertThat(forced).hasSize(1);
    store.sync();
    assertThat(forced).containsExactly(root.resolve("t"), root.resolve("t"));
    store.sync();
    assertThat(forced).as("nothing is new").hasSize(2);
  }

  @Test
  void aSyncReturnsAfterTheOneThatForcesTheFolderAlready() throws Exception {
    FolderStore store = store();
    publish(store, "t/one");
    CountDownLatch begun = new CountDownLatch(1);
    FutureTask<List<Path>> other =
        new FutureTask<>(
            () -> {
              begun.countDown();
              store.sync();
              return List.copyOf(forced);
            });
    Thread thread = new Thread(other);
    meanwhile =
        () -> {
          thread.start();
          begun.await();
          long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
          while (thread.getState() != Thread.State.BLOCKED
              && !other.isDone()
              && System.nanoTime() < end) {
            Thread.onSpinWait();
          }
          return null;
        };
    store.sync();
    assertThat(other.get()).containsExactly(root.resolve("t"));
  }

  @Test
  void aFolderThatCouldNotBeForcedIsForcedAgain() throws Exception {
    FolderStore store = store();
    publish(store, "t/one");
    meanwhile =
        () -> {
          throw new IOException("broken");
        };
    assertThatThrownBy(store::sync).isInstanceOf(StoreException.class);
    assertThat(forced).isEmpty();
    store.sync();
    assertThat(forced).containsExactly(root.resolve("t"));
  }
}
