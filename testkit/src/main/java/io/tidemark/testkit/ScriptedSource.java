package io.tidemark.testkit;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState;
import io.tidemark.api.source.ChangeSource;
import io.tidemark.api.source.ResumePoint;
import io.tidemark.api.source.SourceEvent;
import io.tidemark.api.source.SourceRequest;
import io.tidemark.api.source.SourceStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A source that plays a script, for tests of what stands behind a source. The script is a log: it
 * can be appended to at any time, and a source that is opened anew begins behind the resumed
 * position, as a real one does. Requests are recorded; {@code Fail} is answered.
 */
public final class ScriptedSource implements ChangeSource {
  /** The log that every opening of the source plays. */
  public static final class Script {
    private final List<SourceEvent> events = new ArrayList<>();
    private final List<SourceRequest> requests = new CopyOnWriteArrayList<>();
    private final List<ResumePoint> openings = new CopyOnWriteArrayList<>();
    private final List<Position> confirmed = new CopyOnWriteArrayList<>();

    /** Appends an event. */
    public synchronized Script say(SourceEvent event) {
      events.add(event);
      notifyAll();
      return this;
    }

    /** Appends the first form of a table, and that the table is a member from the beginning. */
    public Script member(TableSchema schema) {
      say(new SourceEvent.SchemaChange(schema));
      return state(schema.name(), TableState.waiting().in(TableState.Phase.MEMBER, Lsn.ZERO));
    }

    /** Appends a step in a table's life. */
    public Script state(TableName table, TableState state) {
      return say(new SourceEvent.TableChange(table, state));
    }

    /** Appends rows. */
    public Script rows(ChangeBatch batch) {
      return say(new SourceEvent.Changes(batch));
    }

    /** Appends a boundary. */
    public Script boundary(long endLsn) {
      return say(new SourceEvent.Boundary(position(endLsn), Batches.committedAt(endLsn)));
    }

    /** What was asked of any source of the script. */
    public List<SourceRequest> requests() {
      return requests;
    }

    /** From where each source of the script was opened. */
    public List<ResumePoint> openings() {
      return openings;
    }

    /** What was confirmed, in order. */
    public List<Position> confirmed() {
      return confirmed;
    }

    /** The position of an LSN in this script's only partition. */
    public static Position position(long lsn) {
      return Position.of("slot", new Lsn(lsn));
    }

    private synchronized int indexBehind(Position position) {
      if (position.equals(Position.NONE)) {
        return 0;
      }
      for (int i = events.size() - 1; i >= 0; i--) {
        if (events.get(i) instanceof SourceEvent.Boundary boundary
            && position.covers(boundary.position())) {
          return i + 1;
        }
      }
      return 0;
    }

    private synchronized SourceEvent next(int at, Duration wait) throws InterruptedException {
      if (at >= events.size()) {
        wait(Math.max(1, wait.toMillis()));
      }
      return at < events.size() ? events.get(at) : null;
    }

    private synchronized Lsn end() {
      for (int i = events.size() - 1; i >= 0; i--) {
        if (events.get(i) instanceof SourceEvent.Boundary boundary) {
          return boundary.position().lsn();
        }
      }
      return Lsn.ZERO;
    }
  }

  private final Script script;
  private int at;
  private long given;
  private Position last = Position.NONE;
  private volatile Position confirmed = Position.NONE;
  private final List<SourceEvent> answers = new CopyOnWriteArrayList<>();

  public ScriptedSource(Script script) {
    this.script = script;
  }

  @Override
  public void open(ResumePoint resume) {
    script.openings.add(resume);
    at = script.indexBehind(resume.position());
    last = resume.position();
  }

  @Override
  public SourceEvent poll(Duration wait) throws InterruptedException {
    if (!answers.isEmpty()) {
      return answers.remove(0);
    }
    SourceEvent event = script.next(at, wait);
    if (event == null) {
      return null;
    }
    at++;
    if (event instanceof SourceEvent.Boundary boundary) {
      last = boundary.position();
    } else if (event instanceof SourceEvent.Changes changes) {
      given += changes.batch().size();
    }
    return event;
  }

  @Override
  public void confirm(Position position) {
    confirmed = position;
    script.confirmed.add(position);
  }

  @Override
  public void request(SourceRequest request) {
    script.requests.add(request);
    if (request instanceof SourceRequest.Fail fail) {
      answers.add(
          new SourceEvent.TableChange(
              fail.table(),
              TableState.waiting().out(TableState.Phase.FAILED, fail.reason(), Lsn.ZERO)));
    }
  }

  @Override
  public SourceStatus status() {
    return new SourceStatus(
        true,
        script.end(),
        last.lsn(),
        confirmed.lsn(),
        -1,
        false,
        0,
        given,
        0,
        SourceStatus.SchemaGrade.EXACT,
        Optional.empty());
  }

  @Override
  public void close() {}
}
