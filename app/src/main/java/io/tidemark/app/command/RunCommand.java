package io.tidemark.app.command;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.app.Setup;
import io.tidemark.app.Wiring;
import io.tidemark.app.cli.Answer;
import io.tidemark.app.cli.Command;
import io.tidemark.app.cli.ExitCode;
import io.tidemark.app.cli.FileFailure;
import io.tidemark.app.cli.Logs;
import io.tidemark.app.cli.Session;
import io.tidemark.app.live.PipelineFacts;
import io.tidemark.app.live.RunningPipeline;
import io.tidemark.app.live.Sizes;
import io.tidemark.app.live.Watch;
import io.tidemark.engine.pipeline.PipelineStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemark run}: a pipeline until it is stopped. */
@CommandLine.Command(
    name = "run",
    description = {
      "Runs a pipeline: copies every table once, then follows the log.",
      "Ctrl-C or SIGTERM stops it within 10 s; starting it again goes on where the copy ends."
    },
    footerHeading = "%nExample:%n",
    footer = "  tidemark run tidemark.yaml")
public final class RunCommand implements Command {
  private static final Logger LOG = LoggerFactory.getLogger(RunCommand.class);
  private static final Duration LAST_COMMIT = Duration.ofSeconds(9);

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      defaultValue = "tidemark.yaml",
      description = "The configuration (${DEFAULT-VALUE}).")
  private Path file;

  @Option(
      names = "--for",
      paramLabel = "TIME",
      converter = Durations.class,
      description = "End after this time: 30s, 5m, 2h.")
  private Duration length;

  @Option(
      names = "--metrics-port",
      paramLabel = "PORT",
      description =
          "Serve /metrics for Prometheus and /health there; else as the configuration says.")
  private Integer metricsPort;

  @Override
  public Answer run(Session session) throws InterruptedException {
    Wiring wiring = new Wiring(session.environment());
    Setup loaded = wiring.load(file);
    Setup setup = metricsPort == null ? loaded : loaded.withMetricsAt(metricsPort);
    Path folder = folder(setup);
    try (Logs logs = Logs.toFile(folder)) {
      LOG.info("Pipeline {} begins with {}", setup.pipeline().name(), file.toAbsolutePath());
      RunningPipeline pipeline = RunningPipeline.start(wiring.pipeline(setup), folder);
      new Watch(session, pipeline, OptionalLong::empty).show(Optional.ofNullable(length));
      PipelineStatus last = pipeline.status();
      if (!pipeline.stop(LAST_COMMIT)) {
        return answer(last, ExitCode.FAILED, "It did not end in time; nothing is lost by that.");
      }
      return answer(pipeline.status(), ExitCode.OK, "Stopped.");
    }
  }

  private static Answer answer(PipelineStatus status, ExitCode exit, String end) {
    return new Answer(
        exit,
        List.of(
            "%s Captured %s changes, wrote %s rows. The copy is complete up to %s."
                .formatted(
                    end,
                    Sizes.count(status.changesCaptured()),
                    Sizes.count(status.rowsWritten()),
                    status.tidemark())),
        PipelineFacts.of(status));
  }

  private static Path folder(Setup setup) {
    Path folder = setup.pipeline().dataDir();
    try {
      return Files.createDirectories(folder);
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.BUSY,
          "Cannot use data-dir "
              + folder
              + ": "
              + FileFailure.reason(e)
              + ". Choose a folder that can be written.",
          e);
    }
  }
}
