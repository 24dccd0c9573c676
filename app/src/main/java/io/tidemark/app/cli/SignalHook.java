package io.tidemark.app.cli;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns Ctrl-C and SIGTERM into a {@link StopRequest} and keeps the JVM until the command has
 * ended, so that a clean stop is a clean exit. A command that does not listen is ended at once.
 */
public final class SignalHook {
  private static final Logger LOG = LoggerFactory.getLogger(SignalHook.class);

  /** What a user is promised is 10 s; the rest is for the JVM itself. */
  private static final Duration PATIENCE = Duration.ofMillis(9500);

  private final StopRequest stop;
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile int status;

  private SignalHook(StopRequest stop) {
    this.stop = stop;
  }

  /** Listens from now on. */
  public static SignalHook install(StopRequest stop) {
    SignalHook hook = new SignalHook(stop);
    Runtime.getRuntime().addShutdownHook(new Thread(hook::interrupted, "signal"));
    return hook;
  }

  /** Says that the command has ended with a status. */
  public void ended(int exitStatus) {
    status = exitStatus;
    ended.countDown();
  }

  private void interrupted() {
    if (ended.getCount() == 0 || !stop.hasListener()) {
      return;
    }
    stop.request();
    int exit = ExitCode.FAILED.number();
    try {
      if (ended.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        exit = status;
      } else {
        LOG.warn("The command did not end within {} after a signal:{}", PATIENCE, threads());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    System.out.flush();
    // a JVM that ends by a signal would tell the signal's number, not that all was well
    Runtime.getRuntime().halt(exit);
  }

  /** Where every thread stands, so that a log tells what the end waited for. */
  private static String threads() {
    StringBuilder text = new StringBuilder();
    for (ThreadInfo thread : ManagementFactory.getThreadMXBean().dumpAllThreads(true, false)) {
      text.append(System.lineSeparator()).append(thread);
    }
    return text.toString();
  }
}
