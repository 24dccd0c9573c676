package io.tidemark.app.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.engine.pipeline.PipelineStatus;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StatusLinesTest {
  private final StatusLines lines = new StatusLines();

  @Test
  void showsFlowLagAndEachTable() {
    List<PipelineStatus.Table> tables =
        List.of(
            table("public.accounts", "member", 1234, 0, -1, ""),
            table("public.transactions", "copying", 0, 500, 1000, ""),
            table("public.odd", "failed", 0, 0, -1, "its type changed"));
    lines.picture(status(1000, 500, "", tables), 10, OptionalLong.of(2000));
    assertThat(lines.picture(status(3000, 1500, "", tables), 12, OptionalLong.of(4000)))
        .containsExactly(
            "demo: running for 12.0 s",
            "  bank        1,000 rows/s   4,000 written",
            "  in          1,000 rows/s   3,000 captured",
            "  out           500 rows/s   1,500 copied in 7 files, 1.00 MiB",
            "  lag      2.00 KiB, 1.5 s   tidemark 0/ABC of 2026-01-02T03:04:05Z",
            "",
            "  public.transactions  copying      [##########..........]  50 %  500 of about 1,000"
                + " rows",
            "  public.odd           failed       its type changed",
            "  public.accounts      member       1,234 rows written");
  }

  @Test
  void namesProblemsAndCutsOffManyTables() {
    List<PipelineStatus.Table> tables =
        IntStream.range(0, 30).mapToObj(i -> table("t" + i, "member", i, 0, -1, "")).toList();
    assertThat(lines.picture(status(0, 0, "the server is gone", tables), 1, OptionalLong.empty()))
        .contains("  ! the server is gone", "  and 10 more")
        .noneMatch(line -> line.contains("bank"));
  }

  @Test
  void fitsInOneLine() {
    assertThat(lines.line(status(10, 5, "", List.of(table("a", "waiting", 0, 0, -1, ""))), 1))
        .isEqualTo(
            "running: in 0 rows/s (10), out 0 rows/s (5 in 7 files), lag 2.00 KiB, 1.5 s, tidemark"
                + " 0/ABC, 0 of 1 tables complete");
  }

  @Test
  void writesNumbersForPeople() {
    assertThat(Sizes.bytes(0)).isEqualTo("0 B");
    assertThat(Sizes.bytes(999)).isEqualTo("999 B");
    assertThat(Sizes.bytes(1000)).isEqualTo("0.98 KiB");
    assertThat(Sizes.bytes(15L << 30)).isEqualTo("15.0 GiB");
    assertThat(Sizes.bytes(Long.MAX_VALUE)).isEqualTo("8388608 TiB");
    assertThat(Sizes.seconds(59.94)).isEqualTo("59.9 s");
    assertThat(Sizes.seconds(61)).isEqualTo("1 min 01 s");
    assertThat(Sizes.seconds(7265)).isEqualTo("2 h 01 min");
  }

  private static PipelineStatus status(
      long captured, long written, String problem, List<PipelineStatus.Table> tables) {
    return new PipelineStatus(
        "demo",
        "running",
        problem,
        "0/ABC",
        "2026-01-02T03:04:05Z",
        captured,
        written,
        7,
        1 << 20,
        2048,
        1.5,
        "exact",
        new PipelineStatus.Slot(true, "0/ABD", "0/ABD", "0/ABC", 4096, false, 0),
        tables,
        List.of());
  }

  private static PipelineStatus.Table table(
      String name, String state, long rows, long copied, long expected, String reason) {
    return new PipelineStatus.Table(name, state, 1, rows, copied, expected, reason);
  }
}
