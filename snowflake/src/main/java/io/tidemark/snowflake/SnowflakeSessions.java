package io.tidemark.snowflake;

import java.sql.Connection;
import java.sql.Driver;
import java.sql.SQLException;
import java.util.Properties;
import java.util.function.Supplier;

/** Opens sessions of an account over Snowflake's JDBC driver. */
final class SnowflakeSessions implements Session.Factory {
  private final SnowflakeConfig config;
  private final Supplier<Driver> driver;

  /**
   * @param driver gives Snowflake's driver, and fetches it first where it is not there yet
   */
  SnowflakeSessions(SnowflakeConfig config, Supplier<Driver> driver) {
    this.config = config;
    this.driver = driver;
  }

  @Override
  public Session open() throws SQLException {
    Connection connection = driver.get().connect(url(config), properties(config));
    if (connection == null) {
      throw new SQLException("the driver does not take " + url(config));
    }
    return new JdbcSession(connection);
  }

  static String url(SnowflakeConfig config) {
    return "jdbc:snowflake://" + config.login().host() + "/";
  }

  /**
   * Who asks, and the settings of a session on which the meaning of our statements rests.
   *
   * @throws io.tidemark.api.error.TidemarkException CONFIGURATION when the key cannot be read
   */
  static Properties properties(SnowflakeConfig config) {
    SnowflakeConfig.Login login = config.login();
    Properties properties = new Properties();
    properties.put("account", login.account());
    properties.put("user", login.user());
    if (login.keyFile().isPresent()) {
      properties.put("authenticator", "snowflake_jwt");
      properties.put("privateKey", KeyFile.read(login.keyFile().get(), login.passphrase()));
    }
    login.role().ifPresent(role -> properties.put("role", role));
    properties.put("warehouse", login.warehouse());
    properties.put("db", config.database());
    properties.put("application", "Tidemark");
    properties.put("loginTimeout", "60");
    // nobody else's addresses are asked, no session outlives its work
    properties.put("disablePlatformDetection", "true");
    properties.put("CLIENT_TELEMETRY_ENABLED", "false");
    properties.put("CLIENT_SESSION_KEEP_ALIVE", "false");
    properties.put("JDBC_QUERY_RESULT_FORMAT", "JSON");
    properties.put("AUTOCOMMIT", "true");
    properties.put("TIMEZONE", "UTC");
    properties.put("DATE_INPUT_FORMAT", "AUTO");
    properties.put("TIME_INPUT_FORMAT", "AUTO");
    properties.put("TIMESTAMP_INPUT_FORMAT", "AUTO");
    properties.put("BINARY_INPUT_FORMAT", "HEX");
    properties.put("QUOTED_IDENTIFIERS_IGNORE_CASE", "false");
    properties.put("ERROR_ON_NONDETERMINISTIC_MERGE", "true");
    properties.put("TRANSACTION_ABORT_ON_ERROR", "false");
    properties.put("LOCK_TIMEOUT", "300");
    return properties;
  }
}
