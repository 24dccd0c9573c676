package io.tidemark.engine.verify;

import io.tidemark.api.copy.SourceReader;
import io.tidemark.api.copy.SourceReader.Load;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.TableName;
import io.tidemark.engine.transform.TransformChain;
import io.tidemark.engine.verify.TableReport.Verdict;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Proves that a copy equals its source, or says where it does not, while both keep changing.
 *
 * <p>Nothing counts as a difference but what differs at one position: the source under a snapshot,
 * the copy with just the commits that the snapshot shows. In rounds the source is read as it is,
 * and only what differs then is looked at again so.
 */
public final class Verifier {
  private static final Load NO_LOAD = new Load(0, 0, 0);

  private final Sides sides;
  private final TransformChain transforms;
  private final VerifyPlan plan;
  private final List<Progress> tables = new ArrayList<>();
  private Map<TableName, Set<List<String>>> keys = Map.of();
  private String position = "";
  private long heldMillis;

  /**
   * @param transforms those of the pipeline, in order
   */
  public Verifier(Sides sides, TransformChain transforms, VerifyPlan plan) {
    this.sides = sides;
    this.transforms = transforms;
    this.plan = plan;
  }

  /** A table on its way to a verdict. */
  private static final class Progress {
    final CopySide.Subject subject;
    Findings findings = new Findings();
    List<PartWalk.Unmatched> unmatched = List.of();
    Verdict verdict = Verdict.EQUAL;
    String reason = "";
    List<String> notes = List.of();
    long nanos;
    Load load = NO_LOAD;

    Progress(CopySide.Subject subject) {
      this.subject = subject;
      subject.excepted().ifPresent(why -> leave(Verdict.EXCEPTED, why));
    }

    void leave(Verdict outcome, String why) {
      verdict = outcome;
      reason = why;
    }

    boolean isOpen() {
      return verdict == Verdict.EQUAL && findings.isSuspicious();
    }
  }

  /**
   * Compares.
   *
   * @throws TidemarkException when one side cannot be reached at all
   */
  public VerifyReport run() {
    long began = System.nanoTime();
    String tidemark = plan.mode() == VerifyPlan.Mode.ROUNDS ? rounds() : onePosition();
    List<TableReport> reports = tables.stream().map(Verifier::report).toList();
    return new VerifyReport(
        plan,
        tidemark,
        position,
        heldMillis,
        millisSince(began),
        reports.stream().map(TableReport::load).reduce(NO_LOAD, Verifier::plus),
        reports);
  }

  /**
   * Compares single keys.
   *
   * @param only the keys of each table; tables without any, or that are not named, are compared
   *     whole
   */
  VerifyReport run(Map<TableName, Set<List<String>>> only) {
    keys = only;
    return run();
  }

  /**
   * A table that differs.
   *
   * @param keys those that do; none where they cannot be named one by one
   */
  record Different(CopySide.Subject subject, Set<List<String>> keys) {}

  /** The tables that were found to differ. */
  List<Different> different() {
    return tables.stream()
        .filter(table -> table.verdict == Verdict.DIFFERENT)
        .map(table -> new Different(table.subject, table.findings.differingKeys()))
        .toList();
  }

  private String rounds() {
    String tidemark;
    try (CopySide copy = sides.copy();
        SourceReader source = sides.source()) {
      tidemark = copy.reader().tidemark().toString();
      select(copy);
      tables.forEach(table -> look(table, source, copy));
    }
    if (tables.stream().anyMatch(Progress::isOpen)) {
      Optional<Sides.Joint> joint = Optional.empty();
      String why =
          "no pipeline runs that could bring the copy to the source's position. Start it, and verify again.";
      try {
        joint = sides.joint();
      } catch (TidemarkException e) {
        if (e.code() == ErrorCode.SOURCE_UNREACHABLE) {
          throw e;
        }
        why = e.getMessage();
      }
      if (joint.isPresent()) {
        try (Sides.Joint there = joint.get()) {
          settle(there);
        }
      } else {
        for (Progress table : tables) {
          if (table.isOpen()) {
            table.leave(Verdict.UNDECIDED, undecided(table) + why);
          }
        }
      }
    }
    return tidemark;
  }

  private static String undecided(Progress table) {
    return table.findings.isWhole()
        ? "It differs, but maybe only because it is changed: "
        : table.findings.suspects().size()
            + " keys differ, but maybe only because they are changed: ";
  }

  private String onePosition() {
    Sides.Joint joint =
        sides
            .joint()
            .orElseThrow(
                () ->
                    new TidemarkException(
                        ErrorCode.BUSY,
                        "Cannot compare at one position: no pipeline runs that could bring the copy"
                            + " there. Start it, or leave --one-position out."));
    try (joint) {
      select(joint.copy());
      tables.forEach(table -> look(table, joint.source(), joint.copy()));
      settle(joint);
      return joint.copy().reader().tidemark().toString();
    }
  }

  private void select(CopySide copy) {
    copy.subjects().stream()
        .filter(subject -> plan.tables().test(subject.source()))
        .sorted(Comparator.comparing(CopySide.Subject::source))
        .forEach(subject -> tables.add(new Progress(subject)));
  }

  /** Runs a step of a table; what the source says against it leaves the table undecided. */
  private void step(Progress table, SourceReader source, Runnable work) {
    long began = System.nanoTime();
    Load before = source.load();
    try {
      work.run();
    } catch (TidemarkException e) {
      if (e.code() == ErrorCode.SOURCE_UNREACHABLE || e.code() == ErrorCode.INTERNAL) {
        throw e;
      }
      table.leave(Verdict.UNDECIDED, e.getMessage());
    } finally {
      Load after = source.load();
      table.nanos += System.nanoTime() - began;
      table.load =
          new Load(
              table.load.statements() + after.statements() - before.statements(),
              table.load.rows() + after.rows() - before.rows(),
              table.load.millis() + after.millis() - before.millis());
    }
  }

  /** Compares a whole table; finds what may differ. */
  private void look(Progress table, SourceReader source, CopySide copy) {
    if (table.verdict != Verdict.EQUAL) {
      return;
    }
    Set<List<String>> only = keys.getOrDefault(table.subject.source(), Set.of());
    if (!only.isEmpty()) {
      only.forEach(table.findings::suspect);
      table.findings.compared(only.size());
      return;
    }
    step(
        table,
        source,
        () -> {
          Optional<TablePair> found =
              TablePair.of(source, copy.reader(), table.subject, transforms);
          if (found.isEmpty()) {
            table.leave(
                Verdict.UNDECIDED, "The source has this table no more, and the copy still has it.");
            return;
          }
          TablePair pair = found.get();
          table.notes = pair.notes();
          Optional<Comparator<List<String>>> order = pair.source().order();
          if (order.isEmpty() || !pair.canLookUp()) {
            inParts(table, pair);
            return;
          }
          try {
            new KeyWalk(pair, order.get(), plan, table.findings).run();
          } catch (CopyRun.OutOfOrder e) {
            table.findings = new Findings();
            inParts(table, pair);
          }
        });
  }

  private void inParts(Progress table, TablePair pair) {
    List<PartWalk.Unmatched> unmatched = new PartWalk(pair, plan, table.findings).run();
    if (!unmatched.isEmpty() && pair.canLookUp()) {
      unmatched.forEach(row -> table.findings.suspect(row.key()));
    } else if (!unmatched.isEmpty()) {
      table.findings.suspectWhole();
      table.unmatched = unmatched;
    }
  }

  /** Decides, at one position, what of the suspects differs. */
  private void settle(Sides.Joint joint) {
    position = joint.position().toString();
    List<Runnable> copyLooks = new ArrayList<>();
    for (Progress table : tables) {
      if (table.isOpen()) {
        CopySide.Subject now = subject(joint.copy(), table.subject);
        if (now.excepted().isPresent()) {
          table.leave(Verdict.EXCEPTED, now.excepted().get());
        } else {
          step(table, joint.source(), () -> settle(table, now, joint, copyLooks));
        }
      }
    }
    joint.release(); // the source is not needed any more, and reading the copy may take long
    copyLooks.forEach(Runnable::run);
    heldMillis = joint.held().toMillis();
  }

  private static CopySide.Subject subject(CopySide copy, CopySide.Subject before) {
    return copy.subjects().stream()
        .filter(subject -> subject.source().equals(before.source()))
        .findFirst()
        .orElse(before);
  }

  private void settle(
      Progress table, CopySide.Subject now, Sides.Joint joint, List<Runnable> copyLooks) {
    Optional<TablePair> pair = TablePair.of(joint.source(), joint.copy().reader(), now, transforms);
    if (pair.isEmpty()) {
      table.leave(
          Verdict.UNDECIDED, "The source has this table no more, and the copy still has it.");
    } else if (table.findings.isWhole()) {
      if (plan.mode() == VerifyPlan.Mode.ROUNDS) {
        table.findings = new Findings();
        table.findings.suspectWhole();
        table.unmatched = new PartWalk(pair.get(), plan, table.findings).run();
      }
      new Judgement(pair.get(), now.parked(), table.findings).judge(table.unmatched);
      conclude(table);
    } else {
      Judgement judgement = new Judgement(pair.get(), now.parked(), table.findings);
      judgement.readSource();
      copyLooks.add(
          () -> {
            judgement.compareWithCopy();
            conclude(table);
          });
    }
  }

  private static void conclude(Progress table) {
    if (table.findings.differing() > 0) {
      table.leave(Verdict.DIFFERENT, "");
    } else if (table.findings.isCut()) {
      table.leave(
          Verdict.UNDECIDED,
          "More rows differ at first than are looked at again, because it changes fast. Verify it at"
              + " one position, with --one-position.");
    }
  }

  private static TableReport report(Progress table) {
    Findings found = table.findings;
    return new TableReport(
        table.subject.source().toString(),
        table.verdict,
        table.reason,
        found.rows(),
        found.ranges(),
        found.suspects().size(),
        found.differing(),
        found.isCut(),
        List.copyOf(found.shown()),
        found.parked(),
        table.notes,
        TimeUnit.NANOSECONDS.toMillis(table.nanos),
        table.load);
  }

  private static Load plus(Load a, Load b) {
    return new Load(a.statements() + b.statements(), a.rows() + b.rows(), a.millis() + b.millis());
  }

  private static long millisSince(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
  }
}
