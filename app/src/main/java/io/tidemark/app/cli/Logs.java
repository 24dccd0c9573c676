package io.tidemark.app.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.util.FileSize;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.slf4j.LoggerFactory;

/** Where log lines go while a command runs. Closing puts back what was before. */
public final class Logs implements AutoCloseable {
  private static final String TERMINAL = "STDERR";

  private final Logger root;
  private final Runnable undo;

  private Logs(Logger root, Runnable undo) {
    this.root = root;
    this.undo = undo;
  }

  /** Writes what happens into {@code tidemark.log} of a folder: at most three files of 10 MiB. */
  public static Logs toFile(Path folder) {
    Logger root = root();
    LoggerContext context = root.getLoggerContext();
    Path file = folder.resolve("tidemark.log");
    RollingFileAppender<ILoggingEvent> appender = new RollingFileAppender<>();
    appender.setContext(context);
    appender.setFile(file.toString());
    FixedWindowRollingPolicy names = new FixedWindowRollingPolicy();
    names.setContext(context);
    names.setParent(appender);
    names.setMinIndex(1);
    names.setMaxIndex(2);
    names.setFileNamePattern(file + ".%i");
    names.start();
    SizeBasedTriggeringPolicy<ILoggingEvent> size = new SizeBasedTriggeringPolicy<>();
    size.setContext(context);
    size.setMaxFileSize(FileSize.valueOf("10MB"));
    size.start();
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern(
        "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX, UTC} %-5level [%thread] %logger{30} %msg%n");
    encoder.start();
    appender.setEncoder(encoder);
    appender.setRollingPolicy(names);
    appender.setTriggeringPolicy(size);
    appender.start();
    root.addAppender(appender);
    return new Logs(root, () -> remove(root, appender));
  }

  /** Gives warnings to a moving picture, which they would tear apart on the terminal. */
  public static Logs divert(Consumer<String> warnings) {
    Logger root = root();
    Appender<ILoggingEvent> terminal = root.getAppender(TERMINAL);
    Appender<ILoggingEvent> appender = new Diverted(warnings);
    appender.setContext(root.getLoggerContext());
    appender.start();
    root.addAppender(appender);
    if (terminal != null) {
      root.detachAppender(terminal);
    }
    return new Logs(
        root,
        () -> {
          remove(root, appender);
          if (terminal != null) {
            root.addAppender(terminal);
          }
        });
  }

  private static void remove(Logger root, Appender<ILoggingEvent> appender) {
    root.detachAppender(appender);
    appender.stop();
  }

  private static Logger root() {
    return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }

  @Override
  public void close() {
    synchronized (root) {
      undo.run();
    }
  }

  private static final class Diverted extends AppenderBase<ILoggingEvent> {
    private final Consumer<String> warnings;

    Diverted(Consumer<String> warnings) {
      this.warnings = warnings;
    }

    @Override
    protected void append(ILoggingEvent event) {
      if (event.getLevel().isGreaterOrEqual(Level.WARN)) {
        warnings.accept(event.getFormattedMessage());
      }
    }
  }
}
