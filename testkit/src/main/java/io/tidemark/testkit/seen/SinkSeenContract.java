package io.tidemark.testkit.seen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.api.sink.SinkException;
import io.tidemark.testkit.Batches;
import io.tidemark.testkit.Form;
import io.tidemark.testkit.Seen;
import io.tidemark.testkit.SinkFixture;
import io.tidemark.testkit.SinkSession;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/**
 * What becomes of every change of a table's form, and of every type, in a destination: exact, by a
 * policy, or refused with a message. What the test sees is compared with a committed file, and the
 * page docs/reference/sinks.md is put together from these files. What is neither exact nor refused
 * fails the test.
 */
public interface SinkSeenContract {
  /** A new, empty destination. */
  SinkFixture fixture() throws Exception;

  /** The type of the sink as configuration names it. */
  String sinkType();

  @Test
  default void whatIsSeenOfFormsAndTypesIsWhatThePageSays() throws Exception {
    SeenFile seen = new SeenFile(sinkType());
    for (FormCase each : FormCase.all()) {
      seen.change(each.name(), outcome(each));
    }
    for (HeldCase each : HeldCase.all()) {
      seen.type(each.name(), held(each));
      if (!each.odd().isEmpty()) {
        seen.odd(each.name(), odd(each));
      }
    }
    refusals(seen);
    seen.assertCurrent();
  }

  private void refusals(SeenFile seen) throws Exception {
    try (SinkFixture destination = fixture();
        SinkSession session = SinkSession.open(destination)) {
      Optional<TableSchema> form = destination.refusedForm();
      if (form.isPresent()) {
        seen.refused("a table", refusal(() -> session.sink().prepare(form.get())));
      }
      Optional<ChangeBatch> rows = destination.refusedRows();
      if (rows.isPresent()) {
        seen.refused("a row", refusal(() -> session.stage(rows.get())));
      }
    }
  }

  private static String refusal(ThrowingCallable call) {
    String message = catchThrowableOfType(SinkException.Rejected.class, call).getMessage();
    return message.replaceAll(
        "127\\.0\\.0\\.1:\\d+", "127.0.0.1:5432"); // the port is another each time
  }

  private String outcome(FormCase given) throws Exception {
    try (SinkFixture destination = fixture();
        SinkSession session = SinkSession.open(destination)) {
      List<ChangeBatch> all = new ArrayList<>();
      List<String> types = new ArrayList<>();
      long at = 150;
      for (FormCase.Step step : given.steps()) {
        session.phase(step.rows().table(), step.phase());
        if (step.rows().size() > 0) {
          session.stage(step.rows());
        }
        session.flush(at);
        at += 100;
        if (step.rows().table().equals(given.newest().name())) {
          all.add(step.rows());
        }
        type(destination, step.rows().schema(), "v").ifPresent(types::add);
      }
      Seen.in(destination).as(given.name()).holds(given.newest(), all);
      if (given.older() != null) {
        Seen.in(destination).as(given.name()).holds(given.older().schema(), given.older());
      }
      List<String> kinds = types.stream().distinct().toList();
      return kinds.size() < 2 ? "exact" : "exact; " + String.join(" becomes ", kinds);
    } catch (SinkException.Rejected e) {
      return "refused: " + e.getMessage();
    }
  }

  private static Optional<String> type(SinkFixture destination, TableSchema form, String column) {
    return Optional.ofNullable(destination.columnTypes(form.name()).get(column))
        .map(type -> "`" + type + "`");
  }

  private static TableSchema form(HeldCase given) {
    return Form.of("public.held").key("id", Form.BIGINT).column("v", given.type()).schema();
  }

  private String held(HeldCase given) throws Exception {
    TableSchema form = form(given);
    Batches rows = Batches.of(form).at(100).insert(0L);
    for (int i = 0; i < given.values().size(); i++) {
      rows.insert(i + 1L, given.values().get(i));
    }
    try (SinkFixture destination = fixture();
        SinkSession session = SinkSession.open(destination)) {
      session.phase(form.name(), Phase.MEMBER).stage(rows.batch()).flush(150);
      Seen.in(destination).as(given.name()).holds(form, rows.batch());
      return type(destination, form, "v").orElse("exact");
    } catch (SinkException.Rejected e) {
      return "refused: " + e.getMessage();
    }
  }

  private String odd(HeldCase given) throws Exception {
    TableSchema form = form(given);
    Batches rows = Batches.of(form).at(100);
    for (int i = 0; i < given.odd().size(); i++) {
      rows.insert((long) i, new Batches.Raw(given.odd().get(i)));
    }
    String values = "`" + String.join("`, `", given.odd()) + "`: ";
    try (SinkFixture destination = fixture();
        SinkSession session = SinkSession.open(destination)) {
      session.phase(form.name(), Phase.MEMBER).stage(rows.batch()).flush(150);
      Seen.in(destination).as(given.name()).holds(form, rows.batch());
      Map<String, String> types = destination.columnTypes(form.name());
      assertThat(types).as("the fixture tells types").isNotEmpty();
      return values + (types.containsKey("v__raw") ? "text in `v__raw`" : "exact");
    } catch (SinkException.Rejected e) {
      return values + "refused: " + e.getMessage();
    }
  }
}
