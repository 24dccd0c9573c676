package io.tidemark.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.TableName;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What may be written in a configuration, and what is said about the rest. */
class ParquetConfigTest {
  @Test
  void aFolderNeedsNothingElse() {
    ParquetConfig config = ParquetConfig.of("/data/lake");
    assertThat(config.rowGroupBytes()).isEqualTo(64 << 20);
    assertThat(config.compact()).isTrue();
    assertThat(config.layout().splitsByDate()).isTrue();
  }

  @Test
  void bucketAndPrefixAreTakenFromThePath() {
    ParquetConfig config =
        ParquetConfig.of(
            Map.of(
                "path", "s3://lake/a/b/",
                "endpoint", "http://127.0.0.1:9000",
                "access-key", "me",
                "secret-key", "the-secret"));
    assertThat(config.s3().bucket()).isEqualTo("lake");
    assertThat(config.s3().prefix()).isEqualTo("a/b");
    assertThat(config.s3().url()).isEqualTo("s3://lake/a/b");
    assertThat(config.toString()).doesNotContain("the-secret");
    assertThat(ParquetConfig.of("s3://lake").s3().prefix()).isEmpty();
  }

  @Test
  void allProblemsAreToldAtOnce() {
    assertThatThrownBy(
            () ->
                ParquetConfig.of(
                    Map.of(
                        "path", "gs://lake",
                        "compression-level", "20",
                        "row-group-bytes", "1KiB",
                        "endpoint", "not a url",
                        "access-key", "me",
                        "partition-column", "a b",
                        "file-template", "{tabel}/x.parquet")))
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining(
            "parquet.path: expected a folder or s3://bucket/prefix, got 'gs://lake'.")
        .hasMessageContaining("parquet.compression-level: expected 1 to 19, got 20.")
        .hasMessageContaining("parquet.row-group-bytes: expected 1048576 to 1073741824, got 1024.")
        .hasMessageContaining("parquet.endpoint: expected a URL such as http://127.0.0.1:9000")
        .hasMessageContaining("access-key and secret-key go together, one of them is missing.")
        .hasMessageContaining("unknown {tabel}")
        .hasMessageContaining("must end in '_{lsn}_{part}.parquet'")
        .hasMessageContaining("must contain {table}")
        .hasMessageContaining("expected a plain name, got 'a b'");
  }

  @Test
  void anAddressOfS3ThatIsMistypedIsNoFolder() {
    for (String path : List.of("s3:/lake/bank", "s3:lake", "s3://", "http://lake")) {
      assertThatThrownBy(() -> ParquetConfig.of(path))
          .hasMessageContaining("expected a folder or s3://bucket/prefix, got '" + path + "'.");
    }
  }

  @Test
  void namesOfTablesNeverMeetAndNeverLeaveTheirFolder() {
    assertThat(LakeLayout.tableName(new TableName("public", "orders"))).isEqualTo("orders");
    assertThat(LakeLayout.tableName(new TableName("shop", "orders"))).isEqualTo("shop.orders");
    assertThat(LakeLayout.tableName(new TableName("public", "shop.orders")))
        .isEqualTo("shop%2Eorders");
    assertThat(LakeLayout.tableName(new TableName("public", "../x/y"))).isEqualTo("%2E%2E%2Fx%2Fy");
    assertThat(LakeLayout.tableName(new TableName("public", "m\u00e4rz*\ud83d\ude00")))
        .isEqualTo("m\u00e4rz%2A%F0%9F%98%80");
  }

  @Test
  void templatesMayLeaveTheDateOut() {
    ParquetConfig config =
        ParquetConfig.of(
            Map.of(
                "path", "/data",
                "partition-column", "day",
                "file-template", "raw/{table}/{table}_{lsn}_{part}.parquet"));
    assertThat(config.layout().splitsByDate()).isFalse();
    assertThat(
            config
                .layout()
                .key(new TableName("s", "t"), LocalDate.EPOCH, 0, "00000000000000AB", "7"))
        .isEqualTo("raw/s.t/s.t_00000000000000AB_7.parquet");
  }
}
