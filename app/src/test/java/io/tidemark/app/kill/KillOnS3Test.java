package io.tidemark.app.kill;

import io.tidemark.app.kill.Scene.Choice;
import io.tidemark.app.kill.Scene.Copies;
import io.tidemark.app.kill.Scene.Grade;
import io.tidemark.app.kill.Scene.Store;
import io.tidemark.embedded.Version;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** Like {@link KillTest}, on S3 with a DuckDB file beside the lake, from an older server. */
class KillOnS3Test {
  @TempDir Path folder;

  @Test
  @Tag("thorough")
  void nothingIsLostOrDoubled(TestInfo test) {
    Choice choice =
        new Choice(KillRun.seed(), Version.V15, Grade.PLAIN, Store.S3, Copies.LAKE_AND_FILE);
    new KillRun(folder, choice, test).run(13, UnderFire::round);
  }
}
