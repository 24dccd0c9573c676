package io.tidemark.app;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Driver;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;

/**
 * Snowflake's JDBC driver, 99 MB, which is no part of the build: it is fetched by the build's own
 * Maven wrapper, in the version that the pom names, when a pipeline first needs it.
 */
final class HeavyDriver implements Supplier<Driver> {
  private static final String JAR = "snowflake-jdbc";
  private static final String CLASS = "net.snowflake.client.api.driver.SnowflakeDriver";
  private static final long MINUTES = 10;

  private final Path folder;
  private final Optional<Path> checkout;
  private Driver driver;

  /**
   * @param folder where the jar is or will be
   * @param checkout the folder with the Maven wrapper; empty where there is none
   */
  HeavyDriver(Path folder, Optional<Path> checkout) {
    this.folder = folder;
    this.checkout = checkout;
  }

  /** The driver of the program that is running. */
  static HeavyDriver ofThisProgram() {
    try {
      Path code =
          Path.of(HeavyDriver.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      Path target = code.getParent();
      Path home = target.resolve("../..").normalize();
      return new HeavyDriver(
          target.resolve("tidemark").resolve("drivers"),
          Optional.of(home).filter(path -> Files.exists(path.resolve("mvnw"))));
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public synchronized Driver get() {
    if (driver == null) {
      driver = load(jar().orElseGet(this::fetched));
    }
    return driver;
  }

  private Optional<Path> jar() {
    if (!Files.isDirectory(folder)) {
      return Optional.empty();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(JAR))
          .filter(file -> file.getFileName().toString().endsWith(".jar"))
          .findFirst();
    } catch (IOException e) {
      throw refused(e.getMessage(), e);
    }
  }

  private Path fetched() {
    Path home =
        checkout.orElseThrow(
            () ->
                refused("there is none in " + folder + ", and no checkout to fetch it with", null));
    LoggerFactory.getLogger(HeavyDriver.class)
        .info("Fetching Snowflake's driver (99 MB), once, into {}.", folder);
    String wrapper = File.separatorChar == '\\' ? "mvnw.cmd" : "mvnw";
    try {
      Process fetching =
          new ProcessBuilder(
                  List.of(
                      home.resolve(wrapper).toString(),
                      "-B",
                      "-ntp",
                      "-q",
                      "-N",
                      "-Psnowflake-driver",
                      "-Dsnowflake.folder=" + folder,
                      "dependency:copy"))
              .directory(home.toFile())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!fetching.waitFor(MINUTES, TimeUnit.MINUTES)) {
        fetching.destroy();
      }
    } catch (IOException e) {
      throw refused(e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw refused("interrupted while fetching it", e);
    }
    return jar().orElseThrow(() -> refused("Maven did not fetch it into " + folder, null));
  }

  private TidemarkException refused(String reason, Exception e) {
    return new TidemarkException(
        ErrorCode.DESTINATION_REFUSED,
        "Cannot load Snowflake's driver: "
            + reason
            + ". Put net.snowflake:snowflake-jdbc into "
            + folder
            + ", or run './mvnw -N -Psnowflake-driver dependency:copy' in a checkout.",
        e);
  }

  private Driver load(Path jar) {
    try {
      URL[] urls = {jar.toUri().toURL()};
      // never closed: the driver lives as long as the program
      ClassLoader loader = new URLClassLoader(urls, HeavyDriver.class.getClassLoader());
      return (Driver) Class.forName(CLASS, true, loader).getDeclaredConstructor().newInstance();
    } catch (IOException | ReflectiveOperationException | LinkageError e) {
      throw new TidemarkException(
          ErrorCode.DESTINATION_REFUSED,
          "Cannot load Snowflake's driver: "
              + jar
              + " does not hold it as "
              + CLASS
              + ". Remove the file, so that it is fetched again.",
          e);
    }
  }
}
