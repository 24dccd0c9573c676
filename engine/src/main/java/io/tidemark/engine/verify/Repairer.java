package io.tidemark.engine.verify;

import io.tidemark.api.copy.SourceReader.Stamp;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableName;
import io.tidemark.engine.transform.TransformChain;
import io.tidemark.engine.verify.RepairReport.RepairedTable;
import io.tidemark.engine.verify.RepairReport.Way;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Compares a copy with its source and mends what differs, through the pipeline that runs.
 *
 * <p>The pipeline stays at a position {@code L}: everything below was committed, nothing beyond was
 * taken. The keys are compared once more there, and those that differ are given as the source has
 * them at {@code L}, stamped just below it. So they come after every change that they rest on, and
 * before every later one. Tables of which no single keys can be named are copied again. Then what
 * was repaired is compared again, at a later position.
 */
public final class Repairer {
  /** Keys that are read and given at once. */
  private static final int KEYS = 500;

  private static final long MOST_BYTES = 16 << 20;

  private final Sides sides;
  private final TransformChain transforms;
  private final VerifyPlan plan;
  private final Map<TableName, RepairedTable> done = new TreeMap<>();
  private long ordinal;

  /**
   * @param transforms those of the pipeline, in order
   */
  public Repairer(Sides sides, TransformChain transforms, VerifyPlan plan) {
    this.sides = sides;
    this.transforms = transforms;
    this.plan = plan;
  }

  /**
   * Compares, repairs, and compares again.
   *
   * @throws TidemarkException BUSY where no pipeline runs
   */
  public RepairReport run() {
    if (!sides.isRunning()) {
      throw new TidemarkException(
          ErrorCode.BUSY,
          "Cannot repair: no pipeline runs, and only the pipeline writes to its copy. Start it, and"
              + " repair then.");
    }
    Verifier before = new Verifier(sides, transforms, plan);
    VerifyReport found = before.run();
    Map<TableName, Set<List<String>>> keyed = new TreeMap<>();
    Map<TableName, TableName> whole = new TreeMap<>();
    for (Verifier.Different table : before.different()) {
      TableName source = table.subject().source();
      if (table.keys().isEmpty()) {
        whole.put(source, table.subject().copied().orElseThrow().schema().name());
      } else {
        keyed.put(source, table.keys());
      }
    }
    if (!keyed.isEmpty()) {
      rewrite(keyed);
    }
    if (!whole.isEmpty()) {
      sides.copyAgain(whole);
      whole.keySet().forEach(table -> tell(table, Way.COPIED_AGAIN, 0, "", ""));
    }
    return new RepairReport(found, List.copyOf(done.values()), sides.keepsHistory(), again(keyed));
  }

  private void tell(TableName table, Way way, long keys, String position, String reason) {
    done.put(table, new RepairedTable(table.toString(), way, keys, position, reason));
  }

  private Optional<VerifyReport> again(Map<TableName, Set<List<String>>> keys) {
    Set<TableName> repaired = new TreeSet<>(done.keySet());
    repaired.removeIf(table -> done.get(table).way() == Way.LEFT);
    if (repaired.isEmpty()) {
      return Optional.empty();
    }
    VerifyPlan rest =
        new VerifyPlan(repaired::contains, plan.mode(), 1, plan.seed(), plan.roundRows());
    return Optional.of(new Verifier(sides, transforms, rest).run(keys));
  }

  private void rewrite(Map<TableName, Set<List<String>>> keys) {
    try (Sides.Standstill there = sides.standstill()) {
      keys.forEach((table, suspects) -> rewrite(there, table, suspects));
    }
  }

  private void rewrite(Sides.Standstill there, TableName table, Set<List<String>> suspects) {
    CopySide.Subject subject =
        there.copy().subjects().stream()
            .filter(each -> each.source().equals(table))
            .findFirst()
            .orElseThrow();
    if (subject.excepted().isPresent()) {
      tell(table, Way.LEFT, 0, "", subject.excepted().get());
      return;
    }
    try {
      Optional<TablePair> pair =
          TablePair.of(there.source(), there.copy().reader(), subject, transforms);
      if (pair.isEmpty()) {
        tell(table, Way.LEFT, 0, "", "the source has it no more");
        return;
      }
      Findings findings = new Findings();
      suspects.forEach(findings::suspect);
      Judgement judgement = new Judgement(pair.get(), subject.parked(), findings);
      judgement.readSource();
      judgement.compareWithCopy();
      long keys = rewrite(there, pair.get(), List.copyOf(findings.differingKeys()));
      tell(table, Way.REWRITTEN, keys, there.position().toString(), "");
    } catch (TidemarkException e) {
      if (e.code() == ErrorCode.SOURCE_UNREACHABLE || e.code() == ErrorCode.INTERNAL) {
        throw e;
      }
      tell(table, Way.LEFT, 0, "", e.getMessage());
    }
  }

  private long rewrite(Sides.Standstill there, TablePair pair, List<List<String>> keys) {
    for (int from = 0; from < keys.size(); from += KEYS) {
      give(there, pair, keys.subList(from, Math.min(keys.size(), from + KEYS)));
    }
    return keys.size();
  }

  private void give(Sides.Standstill there, TablePair pair, List<List<String>> keys) {
    ChangeBatch changes =
        pair.source().rewrite(keys, new Stamp(there.position(), ordinal, there.atMicros()));
    if (changes.bytes() > MOST_BYTES && keys.size() > 1) {
      give(there, pair, keys.subList(0, keys.size() / 2));
      give(there, pair, keys.subList(keys.size() / 2, keys.size()));
      return;
    }
    ordinal += changes.size();
    there.rewrite(changes);
  }
}
