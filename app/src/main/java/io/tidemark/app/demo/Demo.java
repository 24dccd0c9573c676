package io.tidemark.app.demo;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.app.Setup;
import io.tidemark.app.Wiring;
import io.tidemark.app.bank.BankGenerator;
import io.tidemark.app.bank.BankSchema;
import io.tidemark.app.cli.Answer;
import io.tidemark.app.cli.Logs;
import io.tidemark.app.cli.Session;
import io.tidemark.app.live.RunningPipeline;
import io.tidemark.app.live.Watch;
import io.tidemark.embedded.EmbeddedS3;
import io.tidemark.engine.pipeline.PipelineStatus;
import io.tidemark.postgres.connect.Connector;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs the demo from its start to its end. */
public final class Demo {
  private static final Logger LOG = LoggerFactory.getLogger(Demo.class);
  private static final int FIRST_ROWS = 20_000;
  // together with that of the database below the 10 s in which a stop is promised
  private static final Duration LAST_BUSINESS = Duration.ofSeconds(1);
  private static final Duration LAST_FLUSH = Duration.ofSeconds(2);
  private static final Duration LAST_COMMIT = Duration.ofSeconds(3);

  private final Session session;
  private final DemoOptions options;

  public Demo(Session session, DemoOptions options) {
    this.session = session;
    this.options = options;
  }

  /** Runs until it is stopped or its time is over. */
  public Answer run() throws SQLException, InterruptedException {
    try (DemoFolder folder = DemoFolder.open(options.data());
        Logs logs = Logs.toFile(folder.root())) {
      if (options.source().isPresent()) {
        return run(folder, options.source().get(), options.source().get());
      }
      say("Starting PostgreSQL 18 in " + folder.postgres());
      try (DemoDatabase database = DemoDatabase.start(folder.postgres())) {
        return run(folder, database.url(), database.copyUrl());
      }
    }
  }

  /** Runs on a database; its copy goes to another one, where a PostgreSQL is asked for. */
  private Answer run(DemoFolder folder, String url, String copyUrl)
      throws SQLException, InterruptedException {
    if (options.storage() == DemoOptions.Storage.FOLDER) {
      folder.writeConfig(DemoConfig.of(folder, url, copyUrl, options, Optional.empty()));
      return copy(folder, url, "");
    }
    try (EmbeddedS3 s3 = EmbeddedS3.start(folder.s3())) {
      s3.createBucket(DemoConfig.BUCKET);
      folder.writeConfig(DemoConfig.of(folder, url, copyUrl, options, Optional.of(s3)));
      return copy(folder, url, ", S3 at " + s3.endpoint());
    }
  }

  private Answer copy(DemoFolder folder, String url, String storage)
      throws SQLException, InterruptedException {
    Wiring wiring = new Wiring(session.environment());
    Connector connector = wiring.database(url);
    try (BankGenerator bank =
        new BankGenerator(connector::sql, new BankSchema(options.schema()), options.seed())) {
      bank.open();
      if (bank.isEmpty()) {
        bank.bulk(FIRST_ROWS);
      }
      say("The bank is open at " + connector.endpoint() + storage);
      LOG.info("The demo begins at {} in {}", connector.endpoint(), folder.root());
      Setup setup = wiring.load(folder.config());
      RunningPipeline pipeline = RunningPipeline.start(wiring.pipeline(setup), folder.root());
      CompletableFuture<Void> business = start(bank);
      new Watch(session, pipeline, () -> OptionalLong.of(bank.rows())).show(options.length());
      bank.stop();
      PipelineStatus last = end(pipeline, business, connector);
      return DemoReport.of(last, options, session.json() ? CurrentRows.of(setup) : Map.of());
    }
  }

  private CompletableFuture<Void> start(BankGenerator bank) {
    CompletableFuture<Void> business = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                bank.run(options.rate());
                business.complete(null);
              } catch (SQLException | RuntimeException e) {
                business.completeExceptionally(e);
                session.stop().request();
              }
            },
            "bank");
    thread.setDaemon(true);
    thread.start();
    return business;
  }

  /** What was written is copied before the end, if the time allows. */
  private PipelineStatus end(
      RunningPipeline pipeline, CompletableFuture<Void> business, Connector database)
      throws InterruptedException {
    say("Stopping");
    try {
      business.get(LAST_BUSINESS.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      LOG.warn("The bank's last transaction takes long and is given up.");
    } catch (ExecutionException e) {
      pipeline.stop(LAST_COMMIT);
      throw new TidemarkException(
          ErrorCode.SOURCE_UNREACHABLE,
          "Cannot go on with the bank: " + e.getCause().getMessage(),
          e.getCause());
    }
    Optional<Lsn> written = position(database);
    if (written.isPresent()) {
      pipeline.flush(written.get(), LAST_FLUSH);
    }
    PipelineStatus last = pipeline.status();
    boolean stopped = pipeline.stop(LAST_COMMIT);
    return stopped ? pipeline.status() : last;
  }

  /** The end of the database's log; empty where the database is gone. */
  private static Optional<Lsn> position(Connector database) {
    try (Connection connection = database.sql();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT pg_current_wal_lsn()::text")) {
      row.next();
      return Optional.of(Lsn.parse(row.getString(1)));
    } catch (SQLException | TidemarkException e) {
      return Optional.empty();
    }
  }

  private void say(String text) {
    session.talk().println(text);
  }
}
