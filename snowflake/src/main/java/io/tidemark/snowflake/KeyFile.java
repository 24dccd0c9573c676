package io.tidemark.snowflake;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.interfaces.RSAPrivateKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.KeySpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/**
 * Reads the private key that logs in: RSA in PKCS-8, PEM or DER, plain or encrypted (RFC 5958, RFC
 * 8018). Read here and not by the driver, so that what is wrong is said in our words before anybody
 * is asked, and no other library is needed for encrypted keys.
 */
final class KeyFile {
  /** Snowflake takes no shorter key (manual, "Key-pair authentication"). */
  private static final int FEWEST_BITS = 2048;

  private static final Pattern PEM =
      Pattern.compile("-----BEGIN ([A-Z ]+)-----([^-]+)-----END \\1-----");

  private KeyFile() {}

  /**
   * The key of a file.
   *
   * @throws TidemarkException CONFIGURATION when it cannot be read; the message names the file, and
   *     nothing of what is in it
   */
  static PrivateKey read(Path file, Optional<String> passphrase) {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw refused(file, "there is no such file. Look at private-key-file", e);
    } catch (IOException e) {
      throw refused(file, e + ". Let the user that runs this read it", e);
    }
    Matcher pem = PEM.matcher(new String(bytes, StandardCharsets.ISO_8859_1));
    boolean isPem = pem.find();
    String kind = isPem ? pem.group(1) : "";
    if (isPem && !kind.endsWith("PRIVATE KEY")) {
      throw refused(file, "it holds a " + kind + ", not the private key", null);
    }
    if (kind.startsWith("RSA") || kind.startsWith("EC") || kind.startsWith("OPENSSH")) {
      throw refused(
          file,
          "it is no PKCS-8. Convert it: openssl pkcs8 -topk8 -v2 aes256 -in key -out snowflake.p8",
          null);
    }
    byte[] der = isPem ? decoded(file, pem.group(2)) : bytes;
    boolean encrypted = isPem ? kind.startsWith("ENCRYPTED") : isEncrypted(der);
    return requireRsa(file, encrypted ? decrypted(file, der, passphrase) : plain(file, der));
  }

  private static byte[] decoded(Path file, String text) {
    try {
      return Base64.getMimeDecoder().decode(text.strip());
    } catch (IllegalArgumentException e) {
      throw refused(file, "its PEM is damaged", e);
    }
  }

  private static boolean isEncrypted(byte[] der) {
    try {
      return new EncryptedPrivateKeyInfo(der).getAlgParameters() != null;
    } catch (IOException e) {
      return false;
    }
  }

  private static PrivateKey plain(Path file, byte[] der) {
    return key(file, new PKCS8EncodedKeySpec(der));
  }

  private static PrivateKey decrypted(Path file, byte[] der, Optional<String> passphrase) {
    if (passphrase.isEmpty() || passphrase.get().isEmpty()) {
      throw refused(
          file,
          "it is encrypted and there is no passphrase. Give it as private-key-passphrase:"
              + " ${env:NAME} or ${file:path}",
          null);
    }
    if (!passphrase.get().chars().allMatch(sign -> sign > 0 && sign < 128)) {
      throw refused(file, "its passphrase has signs beyond ASCII, which Java does not take", null);
    }
    try {
      EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(der);
      // of PBES2 only the parameters say the whole name
      String parameters = info.getAlgParameters().toString();
      String name = parameters.startsWith("PBE") ? parameters : info.getAlgName();
      PBEKeySpec spec = new PBEKeySpec(passphrase.get().toCharArray());
      SecretKey secret = SecretKeyFactory.getInstance(name).generateSecret(spec);
      spec.clearPassword();
      Cipher cipher = Cipher.getInstance(name);
      cipher.init(Cipher.DECRYPT_MODE, secret, info.getAlgParameters());
      return key(file, info.getKeySpec(cipher));
    } catch (InvalidKeySpecException e) {
      throw refused(file, "the passphrase does not open it", e);
    } catch (IOException | GeneralSecurityException e) {
      throw refused(
          file,
          "it is encrypted in a way that this JVM does not know. Encrypt it with 'openssl pkcs8"
              + " -topk8 -v2 aes256'",
          e);
    }
  }

  private static PrivateKey key(Path file, KeySpec spec) {
    try {
      return KeyFactory.getInstance("RSA").generatePrivate(spec);
    } catch (GeneralSecurityException e) {
      throw refused(file, "it holds no RSA key in PKCS-8", e);
    }
  }

  private static PrivateKey requireRsa(Path file, PrivateKey key) {
    int bits = ((RSAPrivateKey) key).getModulus().bitLength();
    if (bits < FEWEST_BITS) {
      throw refused(file, "it has " + bits + " bits, and Snowflake takes 2048 and more", null);
    }
    return key;
  }

  private static TidemarkException refused(Path file, String reason, Exception e) {
    return new TidemarkException(
        ErrorCode.CONFIGURATION, "Cannot use the private key in " + file + ": " + reason + ".", e);
  }
}
