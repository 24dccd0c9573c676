package io.tidemark.postgres.connect;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Where a database is and how to enter it. Everything is resolved but the password, which is looked
 * up anew for each connection, so that a rotated one is found.
 *
 * @param host name or address
 * @param port 1 to 65535
 * @param database name of the database
 * @param user name of the role
 * @param password given in the configuration, in the URL or in PGPASSWORD
 * @param passwordFile file that holds the password alone; read for every connection
 * @param tls how the connection is secured
 * @param connectTimeout how long one attempt may take
 */
public record Endpoint(
    String host,
    int port,
    String database,
    String user,
    Optional<String> password,
    Optional<Path> passwordFile,
    Tls tls,
    Duration connectTimeout) {

  /**
   * libpq's sslmode with its files.
   *
   * @param mode disable, allow, prefer, require, verify-ca or verify-full
   */
  public record Tls(
      String mode,
      Optional<String> rootCertificate,
      Optional<String> certificate,
      Optional<String> key) {}

  /** How messages name it: {@code user@host:port/database}. */
  @Override
  public String toString() {
    return user + "@" + host + ":" + port + "/" + database;
  }
}
