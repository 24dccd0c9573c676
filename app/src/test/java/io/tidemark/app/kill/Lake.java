package io.tidemark.app.kill;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState;
import io.tidemark.app.bank.BankSchema;
import io.tidemark.app.lake.LakeCopy;
import io.tidemark.duckdb.DuckDbQuery;
import io.tidemark.parquet.state.AsOf;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A lake as its readers see it while somebody writes. */
final class Lake {
  private final Truth truth;

  Lake(Truth truth) {
    this.truth = truth;
  }

  Truth truth() {
    return truth;
  }

  /** The newest tidemark; zero while nothing was committed. */
  Lsn tidemark() {
    try (LakeCopy copy = truth.open(AsOf.LATEST)) {
      return copy.tidemark().lsn();
    } catch (TidemarkException e) {
      return Lsn.ZERO;
    }
  }

  /** Whether tables are members. */
  boolean hasMembers(List<String> tables) {
    try (LakeCopy copy = truth.open(AsOf.LATEST)) {
      return hasMembers(copy, tables);
    } catch (TidemarkException e) {
      return false; // nothing was committed yet
    }
  }

  private static boolean hasMembers(LakeCopy copy, List<String> tables) {
    return tables.stream()
        .map(table -> copy.state().tables().get(new TableName("public", table)))
        .allMatch(state -> state != null && state.isMember());
  }

  /** Whether the lake holds everything of some tables up to a position; fails when one failed. */
  boolean isComplete(Lsn end, List<String> tables) {
    try (LakeCopy copy = truth.open(AsOf.LATEST)) {
      for (Map.Entry<TableName, TableState> table : copy.state().tables().entrySet()) {
        assertThat(table.getValue().phase())
            .as("%s: %s", table.getKey(), table.getValue())
            .isNotEqualTo(TableState.Phase.FAILED);
      }
      return !copy.tidemark().lsn().isBefore(end) && hasMembers(copy, tables);
    } catch (TidemarkException e) {
      return false; // nothing was committed yet
    }
  }

  /**
   * Fails unless the bank balanced at every tidemark above one at which its tables were members.
   *
   * @return how many there were
   */
  int bankBalancedAtEveryTidemark(Lsn above) throws Exception {
    BankSchema bank = new BankSchema("public");
    Map<Lsn, List<List<Object>>> broken = new TreeMap<>();
    int looked = 0;
    for (Lsn tidemark : tidemarks(above)) {
      try (LakeCopy copy = truth.open(new AsOf.Tidemark(tidemark))) {
        if (hasMembers(copy, BankSchema.TABLES)) {
          looked++;
          try (DuckDbQuery query = truth.query(copy)) {
            List<List<Object>> wrong = Truth.rows(query, bank.unbalanced());
            if (!wrong.isEmpty()) {
              broken.put(tidemark, wrong);
            }
            assertThat(Truth.rows(query, bank.transferred()).get(0).get(0).toString())
                .as("sum of transfers at %s", tidemark)
                .matches("0(\\.0+)?");
          }
        }
      }
    }
    assertThat(broken).as("accounts that do not balance, by tidemark").isEmpty();
    return looked;
  }

  /** Every tidemark above one, walking down from the newest. */
  private List<Lsn> tidemarks(Lsn above) {
    List<Lsn> found = new ArrayList<>();
    AsOf next = AsOf.LATEST;
    while (true) {
      try (LakeCopy copy = truth.open(next)) {
        Lsn tidemark = copy.tidemark().lsn();
        if (!above.isBefore(tidemark)) {
          return found;
        }
        found.add(tidemark);
        next = new AsOf.Tidemark(new Lsn(tidemark.value() - 1));
      } catch (TidemarkException e) {
        return found;
      }
    }
  }
}
