package io.tidemark.app.command;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.app.Wiring;
import io.tidemark.app.cli.Answer;
import io.tidemark.app.cli.Command;
import io.tidemark.app.cli.ExitCode;
import io.tidemark.app.cli.Session;
import io.tidemark.app.live.PipelineFacts;
import io.tidemark.app.live.Sizes;
import io.tidemark.app.live.StatusLines;
import io.tidemark.engine.pipeline.PipelineStatus;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;

/** {@code tidemark status}: a pipeline and its slot. */
@CommandLine.Command(
    name = "status",
    description = {
      "Shows how far a pipeline is: its copies, its tables, and its slot from the head of the log"
          + " down to what the database may forget.",
      "A pipeline that does not run is read from its copy."
    },
    footerHeading = "%nExample:%n",
    footer = "  tidemark status --config tidemark.yaml")
public final class StatusCommand implements Command {
  private static final Map<String, String> WORDS_OF_GRADE =
      Map.of(
          "exact", "exact: its changes are known at their place in the log",
          "plain", "plain: changes that no row follows are seen some seconds late; see doctor");

  @Mixin private PipelineChoice choice;

  @Override
  public Answer run(Session session) {
    Wiring wiring = new Wiring(session.environment());
    PipelineLook look = PipelineLook.of(choice, wiring);
    PipelineStatus status = look.status();
    String slot = look.setup().source().slot();
    List<String> lines = new ArrayList<>();
    Map<String, Object> facts = new LinkedHashMap<>(PipelineFacts.of(status));
    facts.put("problem", status.problem());
    facts.put("sinks", status.sinks());
    lines.add(status.pipeline() + ": " + status.state());
    if (!status.problem().isEmpty()) {
      lines.add("  ! " + status.problem());
    }
    try {
      Optional<SlotLook> seen = SlotLook.at(wiring.database(look.setup()), slot);
      lines.addAll(slotLines(slot, seen, status));
      String grade =
          status.schemaGrade().isEmpty()
              ? SlotLook.schemaGrade(wiring.database(look.setup()))
              : status.schemaGrade();
      lines.add("  schema   " + WORDS_OF_GRADE.getOrDefault(grade, grade));
      facts.put("schemaGrade", grade);
      facts.put("slot", slotFacts(slot, seen, status));
    } catch (TidemarkException e) {
      String why =
          look.isOfDemo() && status.state().equals("stopped")
              ? "the demo's PostgreSQL ended with the demo; './tidemark demo' starts both again."
              : e.getMessage();
      lines.add("  slot     " + slot + ": " + why);
      facts.put("slot", Map.of("name", slot, "problem", why));
    }
    status.sinks().forEach(sink -> lines.add(sinkLine(sink)));
    lines.add("");
    lines.addAll(StatusLines.allTables(status));
    return new Answer(ExitCode.OK, lines, facts);
  }

  private static List<String> slotLines(
      String name, Optional<SlotLook> seen, PipelineStatus status) {
    if (seen.isEmpty()) {
      return List.of("  slot     " + name + " does not exist at the database");
    }
    SlotLook slot = seen.get();
    boolean running = status.slot().connected();
    return List.of(
        "  lag      %s, %s"
            .formatted(
                Sizes.bytes(running ? status.lagBytes() : slot.behindBytes()),
                running ? Sizes.seconds(status.lagSeconds()) : "not running"),
        "  slot     %s (%s), holds back %s of log"
            .formatted(name, slot.state(), Sizes.bytes(slot.retainedBytes())),
        "           head %s, sent %s, received %s, durable %s"
            .formatted(
                slot.head(),
                orDash(slot.sent()),
                orDash(running ? status.slot().received() : ""),
                orDash(slot.durable())));
  }

  private static Map<String, Object> slotFacts(
      String name, Optional<SlotLook> seen, PipelineStatus status) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("name", name);
    facts.put("exists", seen.isPresent());
    seen.ifPresent(
        slot -> {
          facts.put("head", slot.head());
          facts.put("sent", slot.sent());
          facts.put("received", status.slot().connected() ? status.slot().received() : "");
          facts.put("durable", slot.durable());
          facts.put("state", slot.state());
          facts.put("retainedBytes", slot.retainedBytes());
          facts.put("behindBytes", slot.behindBytes());
        });
    return facts;
  }

  private static String sinkLine(PipelineStatus.SinkLine sink) {
    String line =
        "  copy     %s: %s, complete up to %s, %s files"
            .formatted(sink.name(), sink.state(), sink.tidemark(), Sizes.count(sink.files()));
    return sink.problem().isEmpty() ? line : line + "; " + sink.problem();
  }

  private static String orDash(String text) {
    return text.isEmpty() ? "-" : text;
  }
}
