package io.tidemark.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What one reader took.
 *
 * @param changes row changes or rows
 * @param seconds wall time from the first change to the last one that was done with
 * @param cpuSeconds user and system time of the reading JVM in that time; NaN where other processes
 *     did the work
 * @param peakMib largest resident set of the JVM in MiB, -1 where the system does not tell
 */
record Measure(long changes, double seconds, double cpuSeconds, long peakMib) {
  /** Changes a second. */
  double rate() {
    return changes / seconds;
  }

  /** What other processes do: their CPU time and memory are not known. */
  Measure ofOthers() {
    return new Measure(changes, seconds, Double.NaN, -1);
  }

  /** Whether CPU time and memory are known. */
  boolean isOfOneProcess() {
    return !Double.isNaN(cpuSeconds);
  }

  /** Microseconds of CPU a change. */
  double cpuMicros() {
    return cpuSeconds * 1e6 / changes;
  }

  /** A clock that is started by the first change; later starts do nothing. */
  static final class Clock {
    private long startedNanos;
    private long startedCpu;

    synchronized void start() {
      if (startedNanos == 0) {
        startedCpu = cpuNanos();
        startedNanos = System.nanoTime();
      }
    }

    synchronized Measure stop(long changes) {
      return new Measure(
          changes,
          (System.nanoTime() - startedNanos) / 1e9,
          (cpuNanos() - startedCpu) / 1e9,
          peakMib());
    }

    private static long cpuNanos() {
      return ((com.sun.management.OperatingSystemMXBean)
              ManagementFactory.getOperatingSystemMXBean())
          .getProcessCpuTime();
    }

    private static long peakMib() {
      try {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith("VmHWM"))
            .map(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
            .findFirst()
            .orElse(-1L);
      } catch (IOException e) {
        return -1;
      }
    }
  }
}
