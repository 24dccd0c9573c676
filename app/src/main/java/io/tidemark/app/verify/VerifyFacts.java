package io.tidemark.app.verify;

import io.tidemark.api.config.OptionType;
import io.tidemark.api.copy.SourceReader.Load;
import io.tidemark.engine.verify.Difference;
import io.tidemark.engine.verify.RepairReport;
import io.tidemark.engine.verify.RepairReport.RepairedTable;
import io.tidemark.engine.verify.TableReport;
import io.tidemark.engine.verify.VerifyReport;
import java.util.LinkedHashMap;
import java.util.Map;

/** What was found, for a program. */
public final class VerifyFacts {
  private VerifyFacts() {}

  /** The report as values that can be written as JSON. */
  public static Map<String, Object> of(RepairReport report) {
    Map<String, Object> facts = of(report.found());
    if (!report.tables().isEmpty()) {
      Map<String, Object> repair = new LinkedHashMap<>();
      repair.put("equal", report.isEqual());
      repair.put("tables", report.tables().stream().map(VerifyFacts::repaired).toList());
      repair.put("historyLeftAsItWas", report.history());
      report.after().ifPresent(after -> repair.put("after", of(after)));
      facts.put("repair", repair);
    }
    return facts;
  }

  private static Map<String, Object> repaired(RepairedTable table) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("table", table.table());
    facts.put("way", OptionType.word(table.way()));
    facts.put("keys", table.keys());
    facts.put("position", table.position());
    facts.put("reason", table.reason());
    return facts;
  }

  private static Map<String, Object> of(VerifyReport report) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("equal", report.isEqual());
    facts.put("mode", OptionType.word(report.plan().mode()));
    facts.put("sample", report.plan().sample());
    facts.put("seed", report.plan().seed());
    facts.put("tidemark", report.tidemark());
    facts.put("position", report.position());
    facts.put("heldMillis", report.heldMillis());
    facts.put("millis", report.millis());
    facts.put("load", load(report.load()));
    facts.put("tables", report.tables().stream().map(VerifyFacts::table).toList());
    return facts;
  }

  private static Map<String, Object> table(TableReport table) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("table", table.table());
    facts.put("verdict", OptionType.word(table.verdict()));
    facts.put("reason", table.reason());
    facts.put("rows", table.rows());
    facts.put("ranges", table.ranges());
    facts.put("lookedAtAgain", table.suspects());
    facts.put("differing", table.differing());
    facts.put("atLeast", table.atLeast());
    facts.put("deadLetters", table.parked());
    facts.put("notCompared", table.notes());
    facts.put("millis", table.millis());
    facts.put("load", load(table.load()));
    facts.put("differences", table.differences().stream().map(VerifyFacts::difference).toList());
    return facts;
  }

  private static Map<String, Object> difference(Difference difference) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("kind", OptionType.word(difference.kind()));
    facts.put("key", difference.key());
    facts.put("columns", difference.columns());
    facts.put("rows", difference.rows());
    return facts;
  }

  private static Map<String, Object> load(Load load) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("statements", load.statements());
    facts.put("rows", load.rows());
    facts.put("millis", load.millis());
    return facts;
  }
}
