package io.tidemark.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A way to a server that can go dead without an end: nothing passes, nothing is closed. It can be
 * led to another server, as a name or a proxy that follows the primary.
 */
final class Link implements AutoCloseable {
  private final ServerSocket entry;
  private volatile int target;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private volatile boolean dead;
  private volatile int revivals;

  Link(int target) throws IOException {
    this.target = target;
    this.entry = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    start(this::accept);
  }

  int port() {
    return entry.getLocalPort();
  }

  /** Nothing passes any more, in no direction. */
  void die() {
    dead = true;
  }

  /** New connections pass again; those that went dead stay so. */
  void revive() {
    revivals++;
    dead = false;
  }

  /** New connections go to another server of this machine. */
  void leadTo(int port) {
    target = port;
  }

  private void accept() throws IOException {
    while (true) {
      Socket near = entry.accept();
      Socket far;
      try {
        far = new Socket(InetAddress.getLoopbackAddress(), target);
      } catch (IOException e) {
        // nobody is there
        near.close();
        continue;
      }
      sockets.add(near);
      sockets.add(far);
      start(() -> pump(near, far));
      start(() -> pump(far, near));
    }
  }

  private void pump(Socket from, Socket to) throws IOException {
    byte[] buffer = new byte[8192];
    int since = revivals;
    InputStream in = from.getInputStream();
    OutputStream out = to.getOutputStream();
    int count = in.read(buffer);
    while (count >= 0) {
      if (!dead && since == revivals) {
        out.write(buffer, 0, count);
        out.flush();
      }
      count = in.read(buffer);
    }
    if (!dead && since == revivals) {
      to.close();
    }
  }

  private interface Work {
    void run() throws IOException;
  }

  private static void start(Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException e) {
                // an end of the link was closed
              }
            },
            "link");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    entry.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
