package io.tidemark.snowflake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.AlgorithmParameters;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.logging.Logger;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Logging in by a key pair, as far as it can be told without an account: up to the driver. */
class LoginTest {
  private static final String PHRASE = "open sesame";
  private static KeyPair keys;

  @TempDir Path folder;

  @BeforeAll
  static void makeKeys() throws Exception {
    keys = pair("RSA", 2048);
  }

  private static KeyPair pair(String algorithm, int bits) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
    generator.initialize(bits);
    return generator.generateKeyPair();
  }

  private Path file(byte[] bytes) throws Exception {
    return Files.write(Files.createTempFile(folder, "key", ".p8"), bytes);
  }

  private Path pem(String kind, byte[] der) throws Exception {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return file(
        ("-----BEGIN " + kind + "-----\n" + text + "\n-----END " + kind + "-----\n")
            .getBytes(StandardCharsets.US_ASCII));
  }

  /**
   * PKCS-8 with PBES2, PBKDF2 and AES (RFC 8018, appendix A), put together here: what {@code
   * openssl pkcs8 -topk8 -v2 aes256} writes.
   */
  private static byte[] modern() throws Exception {
    byte[] salt = "salt of sixteen.".getBytes(StandardCharsets.US_ASCII);
    int rounds = 2048;
    byte[] secret =
        SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
            .generateSecret(new PBEKeySpec(PHRASE.toCharArray(), salt, rounds, 256))
            .getEncoded();
    Cipher cipher = Cipher.getInstance("AES/CBC/PKCS5Padding");
    byte[] start = new byte[16];
    cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(secret, "AES"), new IvParameterSpec(start));
    byte[] hash = der(0x30, hex("06082A864886F70D0209"), hex("0500"));
    byte[] derivation =
        der(
            0x30,
            hex("06092A864886F70D01050C"),
            der(0x30, der(4, salt), der(2, new byte[] {(byte) (rounds >> 8), 0}), hash));
    byte[] scheme = der(0x30, hex("060960864801650304012A"), der(4, start));
    byte[] way = der(0x30, hex("06092A864886F70D01050D"), der(0x30, derivation, scheme));
    return der(0x30, way, der(4, cipher.doFinal(keys.getPrivate().getEncoded())));
  }

  private static byte[] hex(String digits) {
    return HexFormat.of().parseHex(digits);
  }

  /** One element of ASN.1 by its distinguished encoding. */
  private static byte[] der(int tag, byte[]... parts) {
    ByteArrayOutputStream inner = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      inner.writeBytes(part);
    }
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    whole.write(tag);
    int length = inner.size();
    if (length > 255) {
      whole.writeBytes(new byte[] {(byte) 0x82, (byte) (length >> 8)});
    } else if (length > 127) {
      whole.write(0x81);
    }
    whole.write(length);
    whole.writeBytes(inner.toByteArray());
    return whole.toByteArray();
  }

  /** The way of PKCS-12, older than PBES2. */
  private static byte[] old() throws Exception {
    String algorithm = "PBEWithSHA1AndDESede";
    Cipher cipher = Cipher.getInstance(algorithm);
    cipher.init(
        Cipher.ENCRYPT_MODE,
        SecretKeyFactory.getInstance(algorithm)
            .generateSecret(new PBEKeySpec(PHRASE.toCharArray())));
    AlgorithmParameters parameters = cipher.getParameters();
    return new EncryptedPrivateKeyInfo(parameters, cipher.doFinal(keys.getPrivate().getEncoded()))
        .getEncoded();
  }

  @Test
  void everyKindOfKeyIsRead() throws Exception {
    byte[] plain = keys.getPrivate().getEncoded();
    Optional<String> none = Optional.empty();
    assertThat(KeyFile.read(pem("PRIVATE KEY", plain), none)).isEqualTo(keys.getPrivate());
    assertThat(KeyFile.read(file(plain), none)).isEqualTo(keys.getPrivate());
    Optional<String> phrase = Optional.of(PHRASE);
    for (byte[] hidden : List.of(modern(), old())) {
      assertThat(KeyFile.read(pem("ENCRYPTED PRIVATE KEY", hidden), phrase))
          .isEqualTo(keys.getPrivate());
      assertThat(KeyFile.read(file(hidden), phrase)).isEqualTo(keys.getPrivate());
    }
  }

  @Test
  void whatIsWrongWithAKeyIsSaidWithoutAnythingOfIt() throws Exception {
    Path hidden = pem("ENCRYPTED PRIVATE KEY", modern());
    Path weak = pem("PRIVATE KEY", pair("RSA", 1024).getPrivate().getEncoded());
    Path other = pem("PRIVATE KEY", pair("EC", 256).getPrivate().getEncoded());
    Map<Path, String> refused =
        Map.of(
            folder.resolve("none.p8"),
            "there is no such file. Look at private-key-file",
            folder,
            "Let the user that runs this read it",
            hidden,
            "it is encrypted and there is no passphrase. Give it as private-key-passphrase",
            weak,
            "it has 1024 bits, and Snowflake takes 2048 and more",
            other,
            "it holds no RSA key in PKCS-8",
            pem("RSA PRIVATE KEY", new byte[8]),
            "it is no PKCS-8. Convert it: openssl pkcs8",
            pem("PUBLIC KEY", keys.getPublic().getEncoded()),
            "it holds a PUBLIC KEY",
            pem("PRIVATE KEY", new byte[40]),
            "it holds no RSA key in PKCS-8",
            file("nothing".getBytes(StandardCharsets.US_ASCII)),
            "it holds no RSA key");
    refused.forEach(
        (file, why) ->
            assertThatThrownBy(() -> KeyFile.read(file, Optional.empty()))
                .as(why)
                .isInstanceOf(TidemarkException.class)
                .hasMessageStartingWith("Cannot use the private key in " + file + ": ")
                .hasMessageContaining(why)
                .extracting(e -> ((TidemarkException) e).code())
                .isEqualTo(ErrorCode.CONFIGURATION));
    assertThatThrownBy(() -> KeyFile.read(hidden, Optional.of("säsame")))
        .hasMessageContaining("its passphrase has signs beyond ASCII");
    assertThatThrownBy(() -> KeyFile.read(hidden, Optional.of("wrong")))
        .hasMessageContaining("the passphrase does not open it")
        .message()
        .doesNotContain("wrong");
  }

  /** Takes what Snowflake's driver would be given. */
  private static final class Asked implements Driver {
    private String url;
    private Properties properties;

    @Override
    public Connection connect(String to, Properties with) throws SQLException {
      url = to;
      properties = with;
      return DriverManager.getConnection("jdbc:duckdb:");
    }

    @Override
    public boolean acceptsURL(String given) {
      return true;
    }

    @Override
    public DriverPropertyInfo[] getPropertyInfo(String given, Properties info) {
      return new DriverPropertyInfo[0];
    }

    @Override
    public int getMajorVersion() {
      return 4;
    }

    @Override
    public int getMinorVersion() {
      return 4;
    }

    @Override
    public boolean jdbcCompliant() {
      return false;
    }

    @Override
    public Logger getParentLogger() {
      return Logger.getGlobal();
    }
  }

  @Test
  void theDriverIsGivenTheKeyItselfAndNoPassphrase() throws Exception {
    Path key = pem("ENCRYPTED PRIVATE KEY", modern());
    SnowflakeConfig config =
        StandInFixture.config(
            folder,
            Map.of(
                "private-key-file",
                key.toString(),
                "private-key-passphrase",
                PHRASE,
                "role",
                "LOADER"));
    Asked driver = new Asked();
    new SnowflakeSessions(config, () -> driver).open().close();
    assertThat(driver.url).isEqualTo("jdbc:snowflake://myorg-account1.snowflakecomputing.com/");
    assertThat(driver.properties.get("privateKey"))
        .isInstanceOf(PrivateKey.class)
        .isEqualTo(keys.getPrivate());
    assertThat(driver.properties)
        .containsEntry("authenticator", "snowflake_jwt")
        .containsEntry("account", "myorg-account1")
        .containsEntry("user", "TIDEMARK")
        .containsEntry("role", "LOADER")
        .containsEntry("warehouse", "LOADING")
        .containsEntry("db", "BANK")
        .containsEntry("CLIENT_SESSION_KEEP_ALIVE", "false")
        .doesNotContainKeys("password", "private_key_file", "private_key_pwd");
    assertThat(driver.properties.toString()).doesNotContain(PHRASE);
  }
}
