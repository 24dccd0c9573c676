package io.tidemark.postgres.connect;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * An authority, a server's certificate for {@code localhost} and a client's for role {@code
 * certified}, made by the JDK's own tool.
 */
record Certificates(Path folder) {
  private static final String PASSWORD = "changeit";

  static Certificates make(Path folder) throws Exception {
    Certificates made = new Certificates(folder);
    made.pair("authority", "CN=authority", "-ext", "bc:c");
    made.pair("server", "CN=server", "-ext", "SAN=dns:localhost", "-signer", "authority");
    made.pair("client", "CN=certified", "-ext", "EKU=clientAuth", "-signer", "authority");
    Files.writeString(
        made.authority(), pem("CERTIFICATE", made.chain("authority")[0].getEncoded()));
    Files.writeString(made.serverChain(), made.pem("server"));
    Files.writeString(made.serverKey(), pem("PRIVATE KEY", made.key("server")));
    Files.writeString(made.clientChain(), made.pem("client"));
    Files.write(made.clientKey(), made.key("client"));
    // the driver, like libpq, takes no key that others may read
    Files.setPosixFilePermissions(made.clientKey(), PosixFilePermissions.fromString("rw-------"));
    return made;
  }

  Path authority() {
    return folder.resolve("authority.crt");
  }

  Path serverChain() {
    return folder.resolve("server.crt");
  }

  Path serverKey() {
    return folder.resolve("server.key");
  }

  Path clientChain() {
    return folder.resolve("client.crt");
  }

  /** PKCS-8 in DER, as the driver wants it. */
  Path clientKey() {
    return folder.resolve("client.pk8");
  }

  private void pair(String alias, String name, String... more) throws Exception {
    List<String> words =
        new ArrayList<>(
            List.of("-genkeypair", "-alias", alias, "-dname", name, "-keyalg", "EC", "-validity"));
    words.add("30");
    words.addAll(List.of(more));
    keytool(words.toArray(String[]::new));
  }

  private void keytool(String... words) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(Arrays.asList(words));
    command.addAll(
        List.of(
            // each call is a JVM of its own, and a short one
            "-J-XX:TieredStopAtLevel=1",
            "-J-XX:+UseSerialGC",
            "-keystore",
            folder.resolve("keys.p12").toString(),
            "-storetype",
            "PKCS12",
            "-storepass",
            PASSWORD));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes());
    if (process.waitFor() != 0) {
      throw new IllegalStateException("keytool: " + output);
    }
  }

  private KeyStore store() throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(folder.resolve("keys.p12"))) {
      store.load(in, PASSWORD.toCharArray());
    }
    return store;
  }

  private Certificate[] chain(String alias) throws Exception {
    return store().getCertificateChain(alias);
  }

  private byte[] key(String alias) throws Exception {
    return store().getKey(alias, PASSWORD.toCharArray()).getEncoded();
  }

  private String pem(String alias) throws Exception {
    return pem("CERTIFICATE", chain(alias)[0].getEncoded());
  }

  private static String pem(String title, byte[] der) {
    return "-----BEGIN "
        + title
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
        + "\n-----END "
        + title
        + "-----\n";
  }
}
