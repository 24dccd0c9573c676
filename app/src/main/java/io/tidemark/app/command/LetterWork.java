package io.tidemark.app.command;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.TableName;
import io.tidemark.app.Setup;
import io.tidemark.app.Wiring;
import io.tidemark.app.demo.StoppedDemo;
import io.tidemark.app.demo.WokenDatabase;
import io.tidemark.engine.control.ControlClient;
import io.tidemark.engine.pipeline.StoppedLetters;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What can be done with dead letters: by the pipeline where it runs, else in its copies, whose
 * writing is claimed for the moment.
 */
final class LetterWork {
  private final Path file;
  private final Setup setup;
  private final Wiring wiring;
  private final Optional<ControlClient> running;

  private LetterWork(Path file, Setup setup, Wiring wiring) {
    this.file = file;
    this.setup = setup;
    this.wiring = wiring;
    this.running = ControlClient.find(setup.pipeline().dataDir());
  }

  static LetterWork of(PipelineChoice choice, Wiring wiring) {
    Path file = choice.file();
    return new LetterWork(file, wiring.load(file), wiring);
  }

  /**
   * One letter.
   *
   * @throws TidemarkException USAGE where there is none, or several sinks have one
   */
  DeadLetters.Letter letter(String table, String place, Optional<String> sink) {
    List<DeadLetters.Letter> found =
        of(table).stream()
            .filter(letter -> letter.place().equals(place))
            .filter(letter -> sink.isEmpty() || sink.get().equals(letter.sink()))
            .toList();
    if (found.size() != 1) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          found.isEmpty()
              ? "Cannot find dead letter "
                  + place
                  + " of "
                  + table
                  + ": there is none. Look at their list for the places in the log."
              : "Cannot choose dead letter "
                  + place
                  + " of "
                  + table
                  + ": several sinks have it. Name one with --sink.");
    }
    return found.get(0);
  }

  private List<DeadLetters.Letter> of(String table) {
    return DeadLetters.of(file, setup).stream()
        .filter(letter -> letter.table().equals(table))
        .toList();
  }

  void edit(Optional<String> sink, String table, String place, String values) {
    if (running.isPresent()) {
      running.get().editLetter(sink, table, place, values);
      return;
    }
    List<String> sinks =
        sink.isPresent()
            ? List.of(letter(table, place, sink).sink())
            : of(table).stream()
                .filter(letter -> letter.place().equals(place))
                .map(DeadLetters.Letter::sink)
                .toList();
    if (sinks.isEmpty()) {
      letter(table, place, sink);
    }
    inCopies(sinks, letters -> letters.edit(TableName.parse(table), place, values));
  }

  void replay(String table) {
    if (running.isPresent()) {
      running.get().replayLetters(table);
    } else {
      inCopies(sinksWith(table), letters -> letters.replay(TableName.parse(table)));
    }
  }

  void discard(String table) {
    if (running.isPresent()) {
      running.get().discardLetters(table);
    } else {
      inCopies(sinksWith(table), letters -> letters.discard(TableName.parse(table)));
    }
  }

  private List<String> sinksWith(String table) {
    List<String> sinks = of(table).stream().map(DeadLetters.Letter::sink).distinct().toList();
    if (sinks.isEmpty()) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "Cannot find dead letters of "
              + table
              + ": there are none. Look at their list for the tables that have some.");
    }
    return sinks;
  }

  private interface Work {
    void in(StoppedLetters letters) throws InterruptedException;
  }

  private void inCopies(List<String> names, Work work) {
    for (Setup.Copy copy : setup.sinks()) {
      if (names.contains(copy.name())) {
        inCopy(copy, work);
      }
    }
  }

  /** The server of a demo's copy may have to be woken first. */
  private void inCopy(Setup.Copy copy, Work work) {
    if (copy instanceof Setup.Lake lake) {
      try (StoppedDemo demo = StoppedDemo.wake(file, lake.config())) {
        inReached(new Setup.Lake(lake.name(), demo.lake()), work);
      }
    } else if (copy instanceof Setup.Database database) {
      try (WokenDatabase woken = WokenDatabase.wake(file, setup.source(), wiring)) {
        inReached(new Setup.Database(database.name(), woken.copy(database.config())), work);
      }
    } else {
      inReached(copy, work);
    }
  }

  private void inReached(Setup.Copy copy, Work work) {
    try (StoppedLetters letters = StoppedLetters.open(setup.pipeline(), Wiring.sink(copy))) {
      work.in(letters);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TidemarkException(
          ErrorCode.BUSY, "Cannot change dead letters: interrupted. Look at their list.", e);
    }
  }
}
